import { Button, Checkbox, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useWords } from "@/words";
import type { Draft, Key } from "./rules-draft";

interface Props {
  draft: Draft;
  set: (draft: Draft) => void;
  faultAt: (at: string) => string | undefined;
}

const NAME = /^[a-z0-9][a-z0-9_]{0,63}$/;

/** What holds for the identifiers of each namespace, in the order in which they count. */
export function Namespaces({ draft, set, faultAt }: Props) {
  const words = useWords();
  const [name, setName] = useState("");
  const taken = draft.names.includes(name);
  const add = () => {
    set(draft.withNamespace(name));
    setName("");
  };
  return (
    <div className="w-namespaces" role="group" aria-label={words.idRules.namespaces}>
      {draft.names.map((each) => (
        <Row
          key={each} name={each} title={each} draft={draft} set={set} faultAt={faultAt}
          {...(draft.isBuiltIn(each) ? {} : { remove: () => set(draft.withoutNamespace(each)) })}
        />
      ))}
      <Row name="" title={words.idRules.others} draft={draft} set={set} faultAt={faultAt} />
      <div className="w-row add">
        <TextInput
          size="xs" label={words.idRules.newNamespace} placeholder="loyalty_card" value={name} onChange={(typed) => setName(typed.currentTarget.value)}
          error={name !== "" && !NAME.test(name) ? words.idRules.badName : taken ? words.idRules.taken : undefined}
          onKeyDown={(event) => {
            if (event.key === "Enter" && NAME.test(name) && !taken) add();
          }}
        />
        <Button size="compact-sm" variant="default" disabled={!NAME.test(name) || taken} onClick={add}>{words.idRules.add}</Button>
      </div>
    </div>
  );
}

function Row({ name, title, draft, set, faultAt, remove }: Props & { name: string; title: string; remove?: () => void }) {
  const words = useWords();
  const now = draft.of(name);
  const at = name === "" ? "others" : `namespaces.${name}`;
  const change = (key: Key) => (value: unknown) => set(draft.withValue(name, key, value));
  const number = (key: "priority" | "most_per_profile" | "most_profiles" | "bits" | "stitch_back_days", decimals = 0) => (
    <NumberInput
      size="xs" hideControls label={words.idRules.keys[key]} aria-label={`${title}: ${words.idRules.keys[key]}`} decimalScale={decimals} value={now[key]}
      thousandSeparator={false} error={faultAt(`${at}.${key}`)} onChange={(value) => change(key)(value === "" ? undefined : value)}
    />
  );
  return (
    <section className="w-namespace" aria-label={title}>
      <header className="w-row">
        <h3 className={name === "" ? "w-plain" : "w-plain w-mono"}>{title}</h3>
        {faultAt(at) && <span className="w-bad-text">{faultAt(at)}</span>}
        {name !== "" && (
          <Checkbox
            size="xs" label={words.idRules.keys.owned_by_login} aria-label={`${title}: ${words.idRules.keys.owned_by_login}`} checked={now.owned_by_login}
            onChange={(event) => change("owned_by_login")(event.currentTarget.checked)}
          />
        )}
        {remove && <Button size="compact-xs" variant="subtle" color="gray" onClick={remove}>{words.idRules.remove}</Button>}
      </header>
      <div className="keys">
        {number("priority")}
        {number("most_per_profile")}
        {number("most_profiles")}
        {number("bits", 2)}
        <NumberInput
          size="xs" hideControls label={words.idRules.keys.half_life_days} aria-label={`${title}: ${words.idRules.keys.half_life_days}`} placeholder={words.idRules.never}
          decimalScale={2} value={now.half_life_days ?? ""} error={faultAt(`${at}.half_life_days`)} onChange={(value) => change("half_life_days")(value === "" ? null : value)}
        />
        {now.owned_by_login && number("stitch_back_days", 2)}
        <TagsInput
          className="blocked" size="xs" label={words.idRules.keys.blocked} aria-label={`${title}: ${words.idRules.keys.blocked}`} placeholder={now.blocked.length === 0 ? "unknown@*" : ""}
          value={now.blocked} error={faultAt(`${at}.blocked`)} onChange={change("blocked")} splitChars={[",", " "]}
        />
      </div>
    </section>
  );
}
