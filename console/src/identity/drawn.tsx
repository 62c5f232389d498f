import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { useFormat, useWords } from "@/words";
import { confidenceAt, keyOf, knownAt, type Link, type Node, type Standing, TIERS } from "./known";

const WIDE = 1180;
const NODE = { wide: 236, high: 44, gap: 12 };
const TOP = 28;
const DRAG_PX = 6;

interface DrawnProps {
  nodes: readonly Node[];
  links: readonly Link[];
  moment: number | null;
  standing: (link: Link) => Standing;
  generic: ReadonlyMap<string, number>;
  chosen: ReadonlySet<string>;
  toggle: (key: string) => void;
  drop: (key: string) => void;
  open: (link: Link) => void;
}

interface Place {
  node: Node;
  x: number;
  y: number;
}

/** Columns from left to right, each from top to bottom: the same graph is always drawn the same. */
function placesOf(nodes: readonly Node[]): { places: Map<string, Place>; high: number; columns: readonly (readonly [string, number])[] } {
  const used = TIERS.map((tier) => [tier, nodes.filter((each) => each.tier === tier)] as const).filter(([, held]) => held.length > 0);
  const most = Math.max(1, ...used.map(([, held]) => held.length));
  const step = NODE.high + NODE.gap;
  const high = TOP + most * step;
  const places = new Map<string, Place>();
  const columns: (readonly [string, number])[] = [];
  used.forEach(([tier, held], column) => {
    const x = used.length === 1 ? (WIDE - NODE.wide) / 2 : (column * (WIDE - NODE.wide)) / (used.length - 1);
    columns.push([tier, x]);
    const from = TOP + ((most - held.length) * step) / 2;
    held.forEach((node, row) => places.set(node.key, { node, x, y: from + row * step }));
  });
  return { places, high, columns };
}

/** A curve between the sides of two nodes that face each other; within a column a bow beside it. */
function pathOf(a: Place, b: Place): string {
  const [ay, by] = [a.y + NODE.high / 2, b.y + NODE.high / 2];
  if (a.x === b.x) {
    const side = a.x + NODE.wide;
    const bow = side + 20 + Math.min(60, Math.abs(ay - by) / 5);
    return `M${side} ${ay}C${bow} ${ay} ${bow} ${by} ${side} ${by}`;
  }
  const [left, right] = a.x < b.x ? [a, b] : [b, a];
  const [x, z] = [left.x + NODE.wide, right.x];
  const [ly, ry] = [left.y + NODE.high / 2, right.y + NODE.high / 2];
  return `M${x} ${ly}C${(x + z) / 2} ${ly} ${(x + z) / 2} ${ry} ${z} ${ry}`;
}

export function Drawn({ nodes, links, moment, standing, generic, chosen, toggle, drop, open }: DrawnProps) {
  const words = useWords();
  const format = useFormat();
  const { places, high, columns } = placesOf(nodes);
  const [active, setActive] = useState(nodes[0]?.key ?? "");
  const [dragged, setDragged] = useState<{ key: string; x: number; y: number } | null>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const stop = places.has(active) ? active : (nodes[0]?.key ?? "");

  const focus = (key: string) => {
    setActive(key);
    svg.current?.querySelector<SVGGElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent, at: Place) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (!at.node.other) toggle(at.node.key);
      return;
    }
    const next = nearest(event.key, at, [...places.values()]);
    if (!next) return;
    event.preventDefault();
    focus(next.node.key);
  };
  const onDown = (event: PointerEvent, key: string) => {
    from.current = { x: event.clientX, y: event.clientY };
    event.currentTarget.setPointerCapture(event.pointerId);
    setActive(key);
  };
  const onMove = (event: PointerEvent, node: Node) => {
    const start = from.current;
    if (!start || node.other) return;
    const [x, y] = [event.clientX - start.x, event.clientY - start.y];
    if (dragged || Math.hypot(x, y) > DRAG_PX) setDragged({ key: node.key, x, y });
  };
  const onUp = (event: PointerEvent, node: Node) => {
    from.current = null;
    if (!dragged) {
      if (!node.other) toggle(node.key);
      return;
    }
    setDragged(null);
    event.currentTarget.releasePointerCapture(event.pointerId);
    const below = document.elementsFromPoint(event.clientX, event.clientY);
    if (below.some((each) => each.closest("[data-drop]"))) drop(node.key);
  };
  const scale = () => (svg.current ? WIDE / svg.current.clientWidth : 1);

  return (
    <div className="w-graph">
      <svg ref={svg} viewBox={`0 0 ${WIDE} ${high}`} role="group" aria-label={words.graph.title}>
        {columns.map(([tier, x]) => (
          <text key={tier} x={x} y={12} className="head">{tier === "others" ? words.graph.others : words.graph.columns[tier as "names"]}</text>
        ))}
        <Edges links={links} places={places} moment={moment} standing={standing} open={open} />
        {[...places.values()].map((at) => (
          <g
            key={at.node.key} data-key={at.node.key} data-tier={at.node.tier} className={knownAt(at.node, moment) ? "node" : "node later"} tabIndex={at.node.key === stop ? 0 : -1}
            role={at.node.other ? "img" : "checkbox"} {...(at.node.other ? {} : { "aria-checked": chosen.has(at.node.key) })}
            aria-label={at.node.other ? at.node.key : words.graph.select(at.node.key)}
            transform={`translate(${at.x + (dragged?.key === at.node.key ? dragged.x * scale() : 0)} ${at.y + (dragged?.key === at.node.key ? dragged.y * scale() : 0)})`}
            onKeyDown={(event) => onKey(event, at)} onFocus={() => setActive(at.node.key)}
            onPointerDown={(event) => onDown(event, at.node.key)} onPointerMove={(event) => onMove(event, at.node)} onPointerUp={(event) => onUp(event, at.node)}
          >
            <title>{at.node.key}{generic.has(at.node.key) && ` (${words.graph.generic(generic.get(at.node.key) ?? 0, format.exact(generic.get(at.node.key) ?? 0))})`}</title>
            <rect width={NODE.wide} height={NODE.high} rx="8" />
            <Mark tier={at.node.tier} chosen={chosen.has(at.node.key)} />
            <text x="34" y="17" className="space">{at.node.namespace}{generic.has(at.node.key) && ` · ${words.graph.standings["generic"]}`}</text>
            <text x="34" y="35">{cut(at.node.value)}</text>
          </g>
        ))}
      </svg>
      {dragged && <div className="drop" data-drop>{words.graph.drop}</div>}
    </div>
  );
}

const LONG = 24;
const cut = (text: string) => (text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text);

/** Circle, square, diamond: what kind of identifier; a tick once it is chosen. */
function Mark({ tier, chosen }: { tier: Node["tier"]; chosen: boolean }) {
  if (chosen) return <path d="M11 22l4 4 8-9" className="tick" />;
  if (tier === "names") return <circle cx="17" cy="22" r="5" className="mark" />;
  if (tier === "records") return <rect x="12" y="17" width="10" height="10" rx="2" className="mark" />;
  if (tier === "devices") return <path d="M17 16l6 6-6 6-6-6z" className="mark" />;
  return <circle cx="17" cy="22" r="5" className="mark empty" />;
}

interface EdgesProps {
  links: readonly Link[];
  places: ReadonlyMap<string, Place>;
  moment: number | null;
  standing: (link: Link) => Standing;
  open: (link: Link) => void;
}

/** One stop for the tab key; the arrows go from link to link, from top to bottom. */
function Edges({ links, places, moment, standing, open }: EdgesProps) {
  const group = useRef<SVGGElement>(null);
  const [active, setActive] = useState("");
  const drawn = links.flatMap((link) => {
    const [a, b] = [places.get(keyOf(link.left)), places.get(keyOf(link.right))];
    const share = confidenceAt(link, moment);
    return a && b && share !== null ? [{ link, a, b, share }] : [];
  }).sort((one, other) => one.a.y + one.b.y - other.a.y - other.b.y || one.a.x - other.a.x);
  const stop = drawn.some((each) => each.link.key === active) ? active : drawn[0]?.link.key;
  const onKey = (event: KeyboardEvent, place: number) => {
    const step = STEPS[event.key];
    const link = drawn[place]?.link;
    if ((event.key === "Enter" || event.key === " ") && link) {
      event.preventDefault();
      open(link);
    } else if (step) {
      event.preventDefault();
      const next = drawn[Math.min(Math.max(place + step, 0), drawn.length - 1)];
      if (!next) return;
      setActive(next.link.key);
      group.current?.querySelector<SVGGElement>(`[data-link="${next.link.key}"]`)?.focus();
    }
  };
  return (
    <g ref={group}>
      {drawn.map(({ link, a, b, share }, place) => (
        <Edge key={link.key} of={link} path={pathOf(a, b)} share={share} standing={standing(link)} stop={link.key === stop} open={() => open(link)} onKey={(event) => onKey(event, place)} />
      ))}
    </g>
  );
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

interface EdgeProps {
  of: Link;
  path: string;
  share: number;
  standing: Standing;
  stop: boolean;
  open: () => void;
  onKey: (event: KeyboardEvent) => void;
}

function Edge({ of, path, share, standing, stop, open, onKey }: EdgeProps) {
  const words = useWords();
  const format = useFormat();
  const told = `${keyOf(of.left)} – ${keyOf(of.right)}: ${words.graph.kinds[of.kind] ?? of.kind}, ${format.share(share)}, ${words.graph.standings[standing]}`;
  return (
    <g className={`edge ${standing} ${of.kind}`} data-link={of.key} role="button" tabIndex={stop ? 0 : -1} aria-label={told} onClick={open} onKeyDown={onKey}>
      <title>{told}</title>
      <path d={path} className="reach" />
      <path d={path} strokeWidth={0.75 + 2.75 * Math.max(0, share - 0.3)} className="line" />
    </g>
  );
}

/** The nearest node in the direction of an arrow key. */
function nearest(key: string, at: Place, all: readonly Place[]): Place | undefined {
  const ahead: Record<string, (each: Place) => boolean> = {
    ArrowDown: (each) => each.x === at.x && each.y > at.y, ArrowUp: (each) => each.x === at.x && each.y < at.y,
    ArrowRight: (each) => each.x > at.x, ArrowLeft: (each) => each.x < at.x,
  };
  const fits = ahead[key];
  if (!fits) return undefined;
  const far = (each: Place) => Math.abs(each.x - at.x) * 4 + Math.abs(each.y - at.y);
  return all.filter(fits).sort((a, b) => far(a) - far(b))[0];
}
