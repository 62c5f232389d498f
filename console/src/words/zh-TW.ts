import type { Words } from "./index";
import { collected } from "./zh-TW-collect";
import { identity } from "./zh-TW-identity";
import { instance } from "./zh-TW-instance";
import { outward } from "./zh-TW-outward";
import { history } from "./zh-TW-history";
import { people } from "./zh-TW-people";

export const zhTW: Words = {
  product: "Weft",
  units: {
    now: "剛剛",
    seconds: (n) => `${n} 秒`,
    events: "個事件",
    eventsOf: (_, told) => `${told} 個事件`,
    eventsPerMinute: "每分鐘事件數",
    people: "人",
  },
  frame: {
    skip: "跳到主要內容",
    menu: "選單",
    screens: "畫面",
    fold: "收合選單",
    unfold: "展開選單",
    language: "語言",
    theme: "主題",
    themes: { auto: "跟隨系統", light: "淺色", dark: "深色" },
    account: "帳號",
    until: (time) => `登入有效至 ${time}`,
    signOut: "登出",
  },
  signIn: {
    title: "登入 Weft",
    text: "Weft 以連結登入，不使用密碼。請在執行 Weft 的電腦上產生連結，並用這個瀏覽器開啟：",
    command: "產生登入連結的指令",
    hint: "連結限一天內使用一次。請在工作區資料夾中執行，或以 -w 指定資料夾。",
    again: "我已登入",
  },
  lost: {
    title: "找不到頁面",
    what: "這個網址沒有內容",
    text: "連結可能已過期，或內容已被移除。",
    act: "前往總覽",
  },
  acts: {
    filter: "篩選",
    retry: "重試",
    reload: "重新載入",
    close: "關閉",
    copy: "複製",
    copied: "已複製",
    sort: "排序",
    clear: "清除",
    clearAll: "清除所有篩選",
    more: "顯示更多",
    cancel: "取消",
    save: "儲存",
    delete: "刪除",
    all: "全部",
    open: "開啟",
  },
  states: { loading: "載入中", cut: "其餘內容未顯示", end: "已顯示全部。" },
  problems: {
    requestId: "請求編號",
    stale: "無法更新，目前顯示的內容可能不是最新的。",
    updated: "頁面開啟期間 Weft 已更新。重新載入即可使用新版本。",
    of: (status, code) => {
      if (code === "console") return { what: "頁面的這個部分發生錯誤", todo: "資料不受影響。請重新載入；若再次發生，請回報。" };
      if (status === 0) return { what: "Weft 沒有回應", todo: "只要收集端仍在執行，事件就會持續收集。請確認 `weft up` 正在執行，然後重試。" };
      if (status === 401) return { what: "登入已過期", todo: "請用 `weft token link` 開啟新的登入連結。" };
      if (status === 403) return { what: "沒有權限", todo: "請使用具有上述權限的權杖登入。" };
      if (status === 404) return { what: "找不到", todo: "可能已刪除或改名。新的事件需要稍等片刻才會出現。" };
      if (status === 413) return { what: "內容太大", todo: "請縮小後再送出。沒有任何變更。" };
      if (status === 429) return { what: "請求過多", todo: "請稍候再試。" };
      if (status >= 500) return { what: "Weft 無法完成這個動作", todo: "沒有遺失任何資料。請重試；可用請求編號在記錄檔中查詢原因。" };
      return { what: "無法接受這個請求", todo: "請修正上述項目後再試。沒有任何變更。" };
    },
  },
  health: {
    unreachable: "Weft 沒有回應",
    failing: (names) => `異常：${names}`,
    behind: (seconds, events) => `正常。延遲 ${seconds}，${events} 個事件等待處理`,
    lag: (seconds) => `延遲 ${seconds}`,
    down: "中斷",
    well: "正常",
    ill: "異常",
  },
  palette: {
    open: "搜尋或前往",
    hint: "姓名、識別碼、受眾、事件",
    nothing: "找不到結果。",
    screen: "畫面",
    action: "動作",
    person: "人物",
    audience: "受眾",
    event: "事件",
  },
  charts: { show: "顯示資料", hide: "顯示圖表", nothing: "這段時間沒有資料。" },
  tables: {
    menu: (label) => `欄位與匯出：${label}`,
    columns: "欄位",
    export: "匯出為 CSV",
    gathering: (rows) => `已取得 ${rows} 列`,
    exported: (rows) => `已儲存 ${rows} 列`,
    cut: (rows) => `只儲存了前 ${rows} 列。請縮小篩選範圍以匯出其餘資料。`,
  },
  columns: {
    time: "時間",
    type: "類型",
    event: "事件",
    source: "來源",
    person: "人物",
    identifiers: "識別碼",
    properties: "屬性",
    name: "名稱",
    lastSeen: "最近出現",
    firstSeen: "首次出現",
    events: "事件",
    audiences: "受眾",
    audience: "受眾",
    size: "人數",
    entered: "進入",
    exited: "離開",
    since: "加入時間",
    status: "狀態",
    destination: "目的地",
    kind: "種類",
    attempts: "嘗試",
    reason: "原因",
    detail: "說明",
    received: "收到",
    property: "屬性",
    example: "範例",
    volume: "數量",
    value: "值",
    origin: "出處",
    setting: "設定",
    created: "建立",
    expires: "到期",
    scopes: "權限",
    worker: "工作程序",
    done: "已處理",
    failures: "失敗",
    check: "檢查",
    hours: "過去 24 小時",
    refused: "拒絕",
  },
  series: {
    accepted: "已收集",
    imported: "已匯入",
    quarantined: "已隔離",
    known: "已識別",
    anonymous: "匿名",
    entered: "進入",
    exited: "離開",
    members: "人數",
  },
  types: { track: "track", identify: "identify", page: "page", screen: "screen", group: "group", alias: "alias", record: "紀錄" },
  deliveryStates: {
    pending: "等待中", leased: "傳送中", retry: "將重試", delivered: "已送達", dead: "無法送達", denied: "已攔阻", in_doubt: "結果不明",
  },
  overview: {
    title: "總覽",
    rate: "每分鐘事件數",
    rateNote: "最近 5 分鐘平均",
    known: "已識別的人",
    anonymous: "匿名訪客",
    lag: "處理延遲",
    lagNote: (events) => `${events} 個事件等待處理`,
    accepted: "累計事件",
    lastHour: "過去一小時的事件",
    change: (share) => `較前一小時 ${share}`,
    shareKnown: (share) => `占全部 ${share}`,
    imported: (n) => `另有 ${n} 筆匯入`,
    delivered: "已送達",
    waits: "等待中",
    held: "未傳送",
    movements: "受眾變動",
    movementsMeta: "過去 24 小時",
    deliveries: "傳送",
    attention: "需要留意",
    attentionOf: (kind, subject, n) => {
      switch (kind) {
        case "worker":
          return { what: `工作程序 ${subject} 異常`, todo: `連續失敗 ${n("failures")} 次，原因請見記錄檔。` };
        case "behind":
          return { what: `個人檔案的更新延遲 ${n("seconds")} 秒`, todo: `${n("events")} 個事件等待處理。匯入後屬正常現象，否則請檢查工作程序。` };
        case "circuit_open":
          return { what: `${subject} 不接受傳送`, todo: `${n("waiting")} 筆等待中。最後的錯誤：${n("last_error") || "無"}。Weft 會持續重試。` };
        case "dead_letters":
          return { what: `${subject} 有 ${n("items")} 筆無法送達`, todo: "排除原因後再重新傳送。" };
        case "in_doubt":
          return { what: `${subject} 有 ${n("items")} 筆傳送結果不明`, todo: "對方沒有回應。重新傳送前請先向接收端確認。" };
        case "quarantine":
          return { what: `遭拒絕的事件增加：${subject}`, todo: `過去一小時 ${n("events")} 個（${n("share_percent")}%），前一小時 ${n("before")} 個。` };
        case "disk":
          return { what: "磁碟空間即將用盡", todo: `${n("total_bytes")} 中剩餘 ${n("free_bytes")}。請騰出空間，或縮短重播保留期間。` };
        case "set_aside":
          return { what: `${subject || n("path")} 有錯誤`, todo: `${n("kept") === "1" ? "修正之前沿用最後一個正確的狀態。" : "修正之前不生效，期間沒有人進入或離開。"} ${n("path")}: ${n("text")}` };
        case "sql_run":
          return { what: `${subject} 的 SQL 執行失敗`, todo: `${n("kept") === "1" ? "保留上次執行的值。" : "目前還沒有值。"} ${n("text")}` };
        case "definition": {
          const told = instance.checks.doubt(n("doubt"), n);
          return told ? { what: `${subject} ${told.what}`, todo: `${told.todo} ${n("path")}` } : { what: `請確認 ${subject} 的定義`, todo: `${n("path")} ${n("text")}` };
        }
        default:
          return { what: subject || kind, todo: "" };
      }
    },
    severities: { critical: "嚴重", warning: "警告", info: "提示" },
    calm: "沒有需要留意的事。所有工作程序正常，傳送也都順利。",
    noAudiences: { title: "尚無受眾", text: "受眾是以特徵與事件訂立的規則。寫成檔案後，Weft 會隨時更新成員。", command: "definitions/audiences/big_spenders.yaml" },
    noDestinations: { title: "尚無目的地", text: "目的地是 Weft 傳送資料的地方，例如 webhook、郵件服務或廣告平台。" },
    waiting: { title: "等待第一個事件", text: "從終端機送出一個事件，看著它抵達。大約需要一秒。" },
  },
  ...people,
  ...history,
  ...identity,
  ...collected,
  ...instance,
  ...outward,
};
