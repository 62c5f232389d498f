import type { Schema } from "@/api/client";
import { useFormat, useWords } from "@/words";

/** Why what a device did is this person's: the log-in that says so. */
export function Because({ of, occurred }: { of: Schema["OnDeviceView"]; occurred: string }) {
  const words = useWords();
  const format = useFormat();
  const owner = `${of.owner.namespace}:${of.owner.value}`;
  const told = Date.parse(of.logged_in_at) <= Date.parse(occurred) ? words.live.loggedIn : words.live.loggedInLater;
  return <p className="w-plain w-because"><bdi title={of.device.value}>{told(format.hour(of.logged_in_at), owner)}</bdi></p>;
}
