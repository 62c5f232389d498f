import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { Section } from "@/ui/page";
import { useFormat, useWords } from "@/words";
import { keyOf } from "./known";

type Stay = Schema["StayView"];

/** Who had the devices that several people use, and when; the newest first. */
export function Stays({ of }: { of: readonly Stay[] }) {
  const words = useWords();
  const format = useFormat();
  const devices = new Map<string, readonly Stay[]>();
  for (const each of of) devices.set(keyOf(each.device), [...(devices.get(keyOf(each.device)) ?? []), each]);
  return (
    <Section title={words.graph.stays} meta={words.graph.staysMeta}>
      {[...devices].map(([device, stays]) => (
        <table key={device} className="w-bars w-stays">
          <caption className="w-cut w-mono"><bdi>{device}</bdi></caption>
          <thead><tr><th scope="col">{words.graph.from}</th><th scope="col">{words.graph.until}</th><th scope="col">{words.graph.owner}</th></tr></thead>
          <tbody>
            {[...stays].reverse().map((each) => (
              <tr key={each.since ?? ""}>
                <td className="w-num">{each.since ? format.hour(each.since) : words.graph.always}</td>
                <td className="w-num">{each.until ? format.hour(each.until) : words.graph.still}</td>
                <td>
                  {each.owner && each.profile_id ? (
                    <Link to="/people/$profile" params={{ profile: each.profile_id }}><bdi>{keyOf(each.owner)}</bdi></Link>
                  ) : <span className="w-meta">{words.graph.nobody}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </Section>
  );
}
