import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { asProblem } from "@/api/problem";
import { Failed } from "@/ui/states";
import { useWords } from "@/words";

interface Held {
  error: unknown;
}

/** What breaks is told in its place; the rest of the page lives on. */
export class Boundary extends Component<{ children: ReactNode }, Held> {
  override state: Held = { error: null };

  static getDerivedStateFromError(error: unknown): Held {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Oops error={this.state.error} reset={() => this.setState({ error: null })} />;
  }
}

/** A file of the console that is gone, because a newer Weft was installed meanwhile. */
const stale = (error: unknown) => /dynamically imported module|module script/i.test(asProblem(error).detail);

export function Oops({ error, reset }: { error: unknown; reset?: () => void }) {
  const words = useWords();
  return (
    <div className="w-page">
      {stale(error) ? <div className="w-note">{words.problems.updated}</div> : <Failed error={error} />}
      <div>
        <Button variant="default" onClick={() => (reset && !stale(error) ? reset() : window.location.reload())}>
          {words.acts.reload}
        </Button>
      </div>
    </div>
  );
}
