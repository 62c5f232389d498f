import type { Words } from "./index";

export const history: Pick<Words, "history"> = {
  history: {
    title: "變更紀錄",
    meta: "曾經生效的每個版本",
    version: "版本",
    when: "生效時間",
    who: "變更者",
    how: "方式",
    changes: "變更內容",
    acts: "操作",
    show: "顯示變更",
    hide: "隱藏變更",
    back: "還原到此版本",
    sure: (name: string, n: number) => `要將 ${name} 還原為版本 ${n} 的狀態嗎？這會成為新的版本，其他版本都會保留。`,
    deleted: "已刪除",
    made: "新建",
    same: "內容沒有變更。",
    places: (_: number, told: string) => `${told} 處變更`,
    hows: { files: "編輯檔案", console: "主控台", api: "API", apply: "weft apply", rollback: "還原" },
  },
};
