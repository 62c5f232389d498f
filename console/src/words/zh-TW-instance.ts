import type { Words } from "./index";

export const instance: Pick<Words, "checks"> = {
  checks: {
    names: {
      versions: "版本", disk: "磁碟", fsync: "寫入磁碟", memory: "記憶體", "file limit": "開啟檔案數", clock: "時鐘",
      definitions: "定義", backlog: "佇列",
    },
    of: (code, n) => {
      const said = (what: string, todo = "") => ({ what, todo });
      const disk = () => `剩餘 ${n("free_bytes")}，共 ${n("total_bytes")}`;
      const memory = () => `可用 ${n("available_bytes")}，共 ${n("total_bytes")}`;
      const sync = () => `中位數 ${n("median_ms")} 毫秒，最慢 ${n("worst_ms")} 毫秒；每次回應要等一到兩次`;
      const queue = () => `${n("events")} 筆事件等待中；達 ${n("limit")} 筆時會請傳送端稍候`;
      switch (code) {
        case "disk": return said(disk());
        case "disk_low": return said(disk(), "請準備更多空間，或調低 engine.replay_days 以縮短重新處理的保留期。");
        case "disk_full": return said(disk(), "請釋放空間或搬移資料夾。空間用盡時會拒收事件。");
        case "memory": return said(memory());
        case "memory_low": return said(memory(), `Weft 最多使用 ${n("needed_bytes")}：請調低 storage.warehouse_memory_mb，或關閉其他程式。`);
        case "memory_too_small": return said(memory(), `Weft 最多使用 ${n("needed_bytes")}：請調低 storage.warehouse_memory_mb，或增加記憶體。`);
        case "fsync": return said(sync());
        case "fsync_unreal": return said(sync(), "看起來是記憶體而非磁碟：斷電後已收下的事件會遺失。");
        case "fsync_slow": return said(sync(), "回應會變慢。本機 SSD 需 0.1 到 5 毫秒，網路或 USB 磁碟則不然。");
        case "fsync_too_slow": return said(sync(), "這個磁碟太慢，請把資料夾放在本機 SSD。");
        case "fsync_unwritable": return said(`無法寫入 ${n("folder")}：${n("fault")}`, "請檢查擁有者、權限或磁碟。");
        case "files": return said(`每個程序可開啟 ${n("files")} 個檔案`);
        case "files_few": return said(`每個程序可開啟 ${n("files")} 個檔案`, `足夠數百個傳送端同時使用。需要更多時：ulimit -n ${n("needed")}。`);
        case "files_too_few": return said(`每個程序可開啟 ${n("files")} 個檔案`, `請在啟動前提高：ulimit -n ${n("needed")}。`);
        case "clock": return said(n("at"));
        case "clock_year": return said(`${n("at")}：年份不可能正確`, "請校正時鐘，並以 NTP 保持準確。");
        case "clock_back": return said(`${n("at")}，但最新事件的收到時間是 ${n("newest")}`, "時鐘倒退了。請校正時鐘，並以 NTP 保持準確。");
        case "clock_moved": return said(`檢查期間偏移了 ${n("drift_ms")} 毫秒`, "請以 NTP 保持準確：時間區間都依它計算。");
        case "versions": return said(n("found"));
        case "python_version": return said(n("found"), "Weft 需要 Python 3.11 到 3.13，請安裝在其中一個版本上。");
        case "sqlite_version": return said(n("found"), "需要 SQLite 3.35 以上，請改用較新的 Python。");
        case "definitions": return said(`${n("definitions")} 個定義皆有效`);
        case "definitions_doubtful": return said(`${n("definitions")} 個定義中有 ${n("problems")} 個可能有誤`, "請檢查名稱，也可能本來就是如此。總覽會逐項列出。");
        case "definitions_wrong": return said(`${n("problems")} 個錯誤`, "請在 definitions/ 中修正；在那之前沿用先前的定義。");
        case "backlog": return said(queue());
        case "backlog_long": return said(queue(), "引擎落後許多，會自行趕上。若沒有，請查看工作程序。");
        case "backlog_full": return said(queue(), "正在請傳送端稍候。請查看工作程序與 weft up 的記錄檔。");
        default: return null;
      }
    },
    doubt: (code, n) => {
      const near = n("near") && ` 是否為 ${n("near")}？`;
      switch (code) {
        case "unseen_event": return { what: "使用了從未收到的事件", todo: `${n("event")}。${near}` };
        case "unknown_trait": return { what: "使用了沒有計算的特徵", todo: `${n("trait")} 改由 identify 讀取。${near}` };
        default: return null;
      }
    },
  },
};
