import type { Words } from "./index";

export const history: Pick<Words, "history"> = {
  history: {
    title: "변경 이력",
    meta: "적용되었던 모든 버전",
    version: "버전",
    when: "적용 시점",
    who: "변경한 사람",
    how: "방법",
    changes: "변경 내용",
    acts: "작업",
    show: "변경 내용 보기",
    hide: "변경 내용 숨기기",
    back: "이 버전으로 되돌리기",
    sure: (name: string, n: number) => `${name}을(를) 버전 ${n}의 상태로 되돌릴까요? 새 버전으로 기록되며 다른 버전은 그대로 남습니다.`,
    deleted: "삭제됨",
    made: "새로 만듦",
    same: "바뀐 내용이 없습니다.",
    places: (_: number, told: string) => `${told}곳 변경`,
    hows: { files: "파일 편집", console: "콘솔", api: "API", apply: "weft apply", rollback: "되돌리기" },
  },
};
