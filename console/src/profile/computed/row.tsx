import type { ReactNode } from "react";
import type { Vocabulary } from "@/audience/builder/known";
import type { Body } from "@/audience/builder/rule";
import type { Fault } from "./read";

export interface FieldProps {
  body: Body;
  /** `about` names the field, so that what is typed into it is one step back. */
  change: (body: Body, about?: string) => void;
  vocabulary: Vocabulary;
}

interface RowProps {
  label: string;
  faults: readonly Fault[];
  /** The fields of the definition whose faults are told here. */
  at: readonly string[];
  children: ReactNode;
}

/** A line of the form, and below it what is wrong with it. */
export function Row({ label, faults, at, children }: RowProps) {
  const mine = faults.filter((each) => at.includes(each.at.split(/[.[]/, 1)[0] ?? ""));
  return (
    <div className="w-trait-row">
      <span className="w-meta">{label}</span>
      <div>
        <div className="w-line">{children}</div>
        {mine.map((each) => <p key={each.at + each.message} className="w-bad-text w-plain" role="alert">{each.message.replace(`${each.at}: `, "")}</p>)}
      </div>
    </div>
  );
}
