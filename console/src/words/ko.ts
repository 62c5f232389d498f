import type { Words } from "./index";
import { collected } from "./ko-collect";
import { identity } from "./ko-identity";
import { instance } from "./ko-instance";
import { outward } from "./ko-outward";
import { history } from "./ko-history";
import { people } from "./ko-people";

export const ko: Words = {
  product: "Weft",
  units: {
    now: "방금",
    seconds: (n) => `${n}초`,
    events: "이벤트",
    eventsOf: (_, told) => `이벤트 ${told}개`,
    eventsPerMinute: "분당 이벤트",
    people: "명",
  },
  frame: {
    skip: "본문으로 건너뛰기",
    menu: "메뉴",
    screens: "화면",
    fold: "메뉴 접기",
    unfold: "메뉴 펼치기",
    language: "언어",
    theme: "테마",
    themes: { auto: "시스템 설정", light: "밝게", dark: "어둡게" },
    account: "계정",
    until: (time) => `${time}까지 로그인 유지`,
    signOut: "로그아웃",
  },
  signIn: {
    title: "Weft 로그인",
    text: "Weft는 비밀번호 대신 링크로 로그인합니다. Weft가 실행 중인 컴퓨터에서 링크를 만들어 이 브라우저로 여세요.",
    command: "로그인 링크를 만드는 명령",
    hint: "링크는 하루 안에 한 번만 쓸 수 있습니다. 워크스페이스 폴더에서 실행하거나 -w로 폴더를 지정하세요.",
    again: "로그인했습니다",
  },
  lost: {
    title: "페이지를 찾을 수 없음",
    what: "이 주소에는 아무것도 없습니다",
    text: "오래된 링크이거나 내용이 삭제되었을 수 있습니다.",
    act: "개요로 이동",
  },
  acts: {
    filter: "필터",
    retry: "다시 시도",
    reload: "새로고침",
    close: "닫기",
    copy: "복사",
    copied: "복사됨",
    sort: "정렬",
    clear: "지우기",
    clearAll: "필터 모두 지우기",
    more: "더 보기",
    cancel: "취소",
    save: "저장",
    delete: "삭제",
    all: "전체",
    open: "열기",
  },
  states: { loading: "불러오는 중", cut: "이하 생략", end: "여기까지입니다." },
  problems: {
    requestId: "요청 ID",
    stale: "새로 불러오지 못했습니다. 지금 보이는 내용이 최신이 아닐 수 있습니다.",
    updated: "페이지를 여는 동안 Weft가 업데이트되었습니다. 새로고침하면 새 버전을 사용합니다.",
    of: (status, code) => {
      if (code === "console") return { what: "화면 일부에 문제가 생겼습니다", todo: "데이터는 안전합니다. 새로고침해 보고, 다시 발생하면 알려 주세요." };
      if (status === 0) return { what: "Weft가 응답하지 않습니다", todo: "수집 서버가 켜져 있으면 이벤트는 계속 수집됩니다. `weft up`이 실행 중인지 확인한 뒤 다시 시도하세요." };
      if (status === 401) return { what: "로그인이 만료되었습니다", todo: "`weft token link`로 새 로그인 링크를 여세요." };
      if (status === 403) return { what: "권한이 없습니다", todo: "위에 표시된 권한이 있는 토큰으로 로그인하세요." };
      if (status === 404) return { what: "찾을 수 없습니다", todo: "삭제되었거나 이름이 바뀌었을 수 있습니다. 새 이벤트는 잠시 후에 나타납니다." };
      if (status === 413) return { what: "내용이 너무 큽니다", todo: "크기를 줄여 다시 보내세요. 변경된 것은 없습니다." };
      if (status === 429) return { what: "요청이 너무 많습니다", todo: "잠시 후 다시 시도하세요." };
      if (status >= 500) return { what: "Weft가 요청을 처리하지 못했습니다", todo: "손실된 데이터는 없습니다. 다시 시도하세요. 로그에서 요청 ID로 원인을 찾을 수 있습니다." };
      return { what: "요청을 그대로 받을 수 없습니다", todo: "위에 표시된 부분을 고쳐 다시 시도하세요. 변경된 것은 없습니다." };
    },
  },
  health: {
    unreachable: "Weft가 응답하지 않습니다",
    failing: (names) => `오류: ${names}`,
    behind: (seconds, events) => `정상. ${seconds} 지연, 대기 중인 이벤트 ${events}개`,
    lag: (seconds) => `${seconds} 지연`,
    down: "중단",
    well: "정상",
    ill: "오류",
  },
  palette: {
    open: "검색 또는 이동",
    hint: "이름, 식별자, 오디언스, 이벤트",
    nothing: "검색 결과가 없습니다.",
    screen: "화면",
    action: "동작",
    person: "사람",
    audience: "오디언스",
    event: "이벤트",
  },
  charts: { show: "데이터 보기", hide: "차트 보기", nothing: "이 기간에는 데이터가 없습니다." },
  tables: {
    menu: (label) => `열 선택 및 내보내기: ${label}`,
    columns: "열",
    export: "CSV로 내보내기",
    gathering: (rows) => `${rows}행 모으는 중`,
    exported: (rows) => `${rows}행을 저장했습니다`,
    cut: (rows) => `처음 ${rows}행만 저장했습니다. 나머지는 필터를 좁혀 내보내세요.`,
  },
  columns: {
    time: "시각",
    type: "유형",
    event: "이벤트",
    source: "소스",
    person: "사람",
    identifiers: "식별자",
    properties: "속성",
    name: "이름",
    lastSeen: "최근 활동",
    firstSeen: "첫 활동",
    events: "이벤트",
    audiences: "오디언스",
    audience: "오디언스",
    size: "인원",
    entered: "진입",
    exited: "이탈",
    since: "시작",
    status: "상태",
    destination: "전송 대상",
    kind: "종류",
    attempts: "시도",
    reason: "사유",
    detail: "설명",
    received: "수신",
    property: "속성",
    example: "예시",
    volume: "건수",
    value: "값",
    origin: "출처",
    setting: "설정",
    created: "생성",
    expires: "만료",
    scopes: "권한",
    worker: "워커",
    done: "처리",
    failures: "실패",
    check: "점검",
    hours: "최근 24시간",
    refused: "거부",
  },
  series: {
    accepted: "수집",
    imported: "가져오기",
    quarantined: "격리",
    known: "식별됨",
    anonymous: "익명",
    entered: "진입",
    exited: "이탈",
    members: "인원",
  },
  types: { track: "track", identify: "identify", page: "page", screen: "screen", group: "group", alias: "alias", record: "레코드" },
  deliveryStates: {
    pending: "대기", leased: "전송 중", retry: "재시도 예정", delivered: "전달됨", dead: "전달 실패", denied: "차단됨", in_doubt: "확인 필요",
  },
  overview: {
    title: "개요",
    rate: "분당 이벤트",
    rateNote: "최근 5분 평균",
    known: "식별된 사람",
    anonymous: "익명 방문자",
    lag: "처리 지연",
    lagNote: (events) => `대기 중인 이벤트 ${events}개`,
    accepted: "누적 이벤트",
    lastHour: "최근 1시간 이벤트",
    change: (share) => `이전 1시간 대비 ${share}`,
    shareKnown: (share) => `전체의 ${share}`,
    imported: (n) => `가져오기 ${n}건 별도`,
    delivered: "전달됨",
    waits: "대기",
    held: "보류",
    movements: "오디언스 변동",
    movementsMeta: "최근 24시간",
    deliveries: "전송",
    attention: "확인이 필요한 항목",
    attentionOf: (kind, subject, n) => {
      switch (kind) {
        case "worker":
          return { what: `${subject} 워커에 오류가 있습니다`, todo: `연속 ${n("failures")}회 실패. 로그에서 원인을 확인하세요.` };
        case "behind":
          return { what: `프로필 반영이 ${n("seconds")}초 늦습니다`, todo: `이벤트 ${n("events")}개가 대기 중입니다. 가져오기 직후라면 정상이며, 아니면 워커를 확인하세요.` };
        case "circuit_open":
          return { what: `${subject}에서 받지 않습니다`, todo: `${n("waiting")}건 대기. 마지막 오류: ${n("last_error") || "없음"}. 계속 다시 시도합니다.` };
        case "dead_letters":
          return { what: `${subject} 전달 실패 ${n("items")}건`, todo: "원인을 해결한 뒤 다시 보내세요." };
        case "in_doubt":
          return { what: `${subject} 전송 ${n("items")}건의 결과를 알 수 없습니다`, todo: "응답이 없었습니다. 다시 보내기 전에 받는 쪽에 확인하세요." };
        case "quarantine":
          return { what: `거부되는 이벤트가 늘었습니다: ${subject}`, todo: `최근 1시간 ${n("events")}건(${n("share_percent")}%), 그 전 1시간 ${n("before")}건.` };
        case "disk":
          return { what: "디스크가 거의 찼습니다", todo: `${n("total_bytes")} 중 ${n("free_bytes")} 남음. 공간을 확보하거나 재처리 보관 기간을 줄이세요.` };
        case "set_aside":
          return { what: `${subject || n("path")}에 오류가 있습니다`, todo: `${n("kept") === "1" ? "고칠 때까지 마지막으로 올바랐던 상태가 적용됩니다." : "고칠 때까지 적용되지 않으며, 그동안 아무도 들어오거나 나가지 않습니다."} ${n("path")}: ${n("text")}` };
        case "sql_run":
          return { what: `${subject} SQL 실행에 실패했습니다`, todo: `${n("kept") === "1" ? "이전 실행의 값이 유지됩니다." : "아직 값이 없습니다."} ${n("text")}` };
        case "definition": {
          const told = instance.checks.doubt(n("doubt"), n);
          return told ? { what: `${subject}: ${told.what}`, todo: `${told.todo} ${n("path")}` } : { what: `${subject} 정의를 확인하세요`, todo: `${n("path")} ${n("text")}` };
        }
        default:
          return { what: subject || kind, todo: "" };
      }
    },
    severities: { critical: "심각", warning: "주의", info: "참고" },
    calm: "확인할 항목이 없습니다. 모든 워커가 정상이고 전송도 문제없습니다.",
    noAudiences: { title: "아직 오디언스가 없습니다", text: "오디언스는 특성과 이벤트에 대한 규칙입니다. 파일로 작성하면 Weft가 구성원을 항상 최신으로 유지합니다.", command: "definitions/audiences/big_spenders.yaml" },
    noDestinations: { title: "아직 전송 대상이 없습니다", text: "전송 대상은 Weft가 아는 것을 보내는 곳입니다. 웹훅, 메일 서비스, 광고 플랫폼 등이 있습니다." },
    waiting: { title: "첫 이벤트를 기다리는 중", text: "터미널에서 하나 보내고 도착하는지 확인해 보세요. 1초 정도 걸립니다." },
  },
  ...people,
  ...history,
  ...identity,
  ...collected,
  ...instance,
  ...outward,
};
