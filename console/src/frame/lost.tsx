import { Link } from "@tanstack/react-router";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { useWords } from "@/words";

export function Lost() {
  const words = useWords();
  return (
    <Page title={words.lost.title}>
      <Empty title={words.lost.what} text={words.lost.text} act={<Link to="/">{words.lost.act}</Link>} />
    </Page>
  );
}
