import type { Words } from "./index";

export const instance: Pick<Words, "checks"> = {
  checks: {
    names: {
      versions: "버전", disk: "디스크", fsync: "디스크 기록", memory: "메모리", "file limit": "열린 파일", clock: "시계",
      definitions: "정의", backlog: "대기열",
    },
    of: (code, n) => {
      const said = (what: string, todo = "") => ({ what, todo });
      const disk = () => `${n("total_bytes")} 중 ${n("free_bytes")} 남음`;
      const memory = () => `${n("total_bytes")} 중 ${n("available_bytes")} 사용 가능`;
      const sync = () => `중앙값 ${n("median_ms")}ms, 최대 ${n("worst_ms")}ms. 응답마다 한두 번 기다립니다`;
      const queue = () => `이벤트 ${n("events")}개 대기 중. ${n("limit")}개부터 보내는 쪽에 기다리라고 응답합니다`;
      switch (code) {
        case "disk": return said(disk());
        case "disk_low": return said(disk(), "공간을 더 확보하거나 engine.replay_days를 줄여 재처리 보관 기간을 줄이세요.");
        case "disk_full": return said(disk(), "공간을 비우거나 데이터 폴더를 옮기세요. 가득 차면 이벤트를 거부합니다.");
        case "memory": return said(memory());
        case "memory_low": return said(memory(), `Weft가 최대 ${n("needed_bytes")}를 씁니다. storage.warehouse_memory_mb를 줄이거나 다른 프로그램을 종료하세요.`);
        case "memory_too_small": return said(memory(), `Weft가 최대 ${n("needed_bytes")}를 씁니다. storage.warehouse_memory_mb를 줄이거나 메모리를 늘리세요.`);
        case "fsync": return said(sync());
        case "fsync_unreal": return said(sync(), "디스크가 아니라 메모리로 보입니다. 정전되면 수집한 이벤트가 사라집니다.");
        case "fsync_slow": return said(sync(), "응답이 느려집니다. 로컬 SSD는 0.1~5ms지만 네트워크나 USB 디스크는 그렇지 않습니다.");
        case "fsync_too_slow": return said(sync(), "디스크가 너무 느립니다. 데이터 폴더를 로컬 SSD로 옮기세요.");
        case "fsync_unwritable": return said(`${n("folder")}에 쓸 수 없습니다: ${n("fault")}`, "소유자, 권한 또는 디스크를 확인하세요.");
        case "files": return said(`프로세스당 열린 파일 ${n("files")}개`);
        case "files_few": return said(`프로세스당 열린 파일 ${n("files")}개`, `동시에 수백 곳까지는 충분합니다. 더 필요하면 ulimit -n ${n("needed")}을 실행하세요.`);
        case "files_too_few": return said(`프로세스당 열린 파일 ${n("files")}개`, `시작하기 전에 ulimit -n ${n("needed")}으로 늘리세요.`);
        case "clock": return said(n("at"));
        case "clock_year": return said(`${n("at")}: 연도가 잘못되었습니다`, "시계를 맞추고 NTP로 유지하세요.");
        case "clock_back": return said(`${n("at")}이지만 최신 이벤트는 ${n("newest")}에 들어왔습니다`, "시계가 뒤로 갔습니다. 시계를 맞추고 NTP로 유지하세요.");
        case "clock_moved": return said(`확인하는 동안 ${n("drift_ms")}ms 움직였습니다`, "NTP로 유지하세요. 기간 계산이 시계를 따릅니다.");
        case "versions": return said(n("found"));
        case "python_version": return said(n("found"), "Weft는 Python 3.11~3.13에서 실행됩니다. 그중 하나에 설치하세요.");
        case "sqlite_version": return said(n("found"), "SQLite 3.35 이상이 필요합니다. 더 새로운 Python 빌드를 사용하세요.");
        case "definitions": return said(`${n("definitions")}개 모두 유효`);
        case "definitions_doubtful": return said(`${n("definitions")}개 중 ${n("problems")}개가 의심스럽습니다`, "이름을 확인하세요. 의도한 것일 수도 있습니다. 개요에 항목별로 표시됩니다.");
        case "definitions_wrong": return said(`오류 ${n("problems")}건`, "definitions/에서 고치세요. 그때까지는 이전 정의가 적용됩니다.");
        case "backlog": return said(queue());
        case "backlog_long": return said(queue(), "엔진이 많이 밀려 있으며 스스로 따라잡습니다. 줄지 않으면 워커를 확인하세요.");
        case "backlog_full": return said(queue(), "보내는 쪽이 기다리고 있습니다. 워커와 weft up의 로그를 확인하세요.");
        default: return null;
      }
    },
    doubt: (code, n) => {
      const near = n("near") && ` 혹시 ${n("near")}인가요?`;
      switch (code) {
        case "unseen_event": return { what: "들어온 적 없는 이벤트를 사용합니다", todo: `${n("event")}.${near}` };
        case "unknown_trait": return { what: "계산되지 않는 특성을 사용합니다", todo: `${n("trait")}을(를) identify에서 읽습니다.${near}` };
        default: return null;
      }
    },
  },
};
