import { ActionIcon, Button, Menu, Select } from "@mantine/core";
import { IconCopy, IconGripVertical, IconPlus, IconX } from "@tabler/icons-react";
import { type DragEvent, type KeyboardEvent, type ReactNode, useState } from "react";
import { useFormat } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { append, duplicate, move, remove, replace, step } from "./edit";
import type { Vocabulary } from "./known";
import { LeafFields } from "./leaf";
import { blank, blankGroup, type Body, type Group, GROUPS, type GroupKind, isGroup, isWhole, kindOf, KINDS, type Node } from "./rule";

const DRAGGED = "application/x-weft-rule";

/** What all rows share: the rule, how to change it, and what is known about each row. */
export interface Board {
  root: Group;
  set: (root: Group, about?: string) => void;
  vocabulary: Vocabulary;
  /** Node → for how many people it holds; undefined while nobody knows. */
  sizes: ReadonlyMap<string, number>;
  /** The figures are those of the rule before the last edit. */
  stale: boolean;
  faults: ReadonlyMap<string, readonly string[]>;
  /** Says what a key did, and gives the focus to the row that moved. */
  moved: (id: string, root: Group) => void;
}

/** The handle, the figure and the acts of a row or a group. */
function Acts({ node, board, name }: { node: Node; board: Board; name: string }) {
  const words = useBuilderWords();
  const format = useFormat();
  const size = board.sizes.get(node.id);
  return (
    <span className="w-row-acts">
      <span className={board.stale ? "w-num stale" : "w-num"} title={size === undefined ? undefined : words.holdsFor(format.exact(size))}>
        {isWhole(node) ? (size === undefined ? "…" : format.short(size)) : "–"}
      </span>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`${words.duplicate}: ${name}`} title={words.duplicate} onClick={() => board.set(duplicate(board.root, node.id))}>
        <IconCopy size={14} aria-hidden="true" />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`${words.remove}: ${name}`} title={words.remove} onClick={() => board.set(remove(board.root, node.id))}>
        <IconX size={14} aria-hidden="true" />
      </ActionIcon>
    </span>
  );
}

function Handle({ node, board, name }: { node: Node; board: Board; name: string }) {
  const words = useBuilderWords();
  const onKeyDown = (event: KeyboardEvent) => {
    const act = event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") ? step(board.root, node.id, event.key === "ArrowDown")
      : event.key === "Delete" ? remove(board.root, node.id) : (event.ctrlKey || event.metaKey) && event.key === "d" ? duplicate(board.root, node.id) : undefined;
    if (!act) return;
    event.preventDefault();
    board.set(act);
    if (event.altKey) board.moved(node.id, act);
  };
  const onDragStart = (event: DragEvent) => {
    event.dataTransfer.setData(DRAGGED, node.id);
    event.dataTransfer.effectAllowed = "move";
    const row = event.currentTarget.closest(".w-node");
    if (row) event.dataTransfer.setDragImage(row, 8, 8);
  };
  return (
    <div role="button" tabIndex={0} className="w-handle" draggable data-handle={node.id} aria-label={`${words.move}: ${name}`} title={words.moveHint} onKeyDown={onKeyDown} onDragStart={onDragStart}>
      <IconGripVertical size={14} aria-hidden="true" />
    </div>
  );
}

/** Takes what is dragged over it: before the node in its upper half, behind it in its lower one. */
function Drop({ group, index, board, children }: { group: string; index: number; board: Board; children: ReactNode }) {
  const [edge, setEdge] = useState<"" | "before" | "behind">("");
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    event.stopPropagation();
    const box = event.currentTarget.getBoundingClientRect();
    setEdge(event.clientY < box.top + box.height / 2 ? "before" : "behind");
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setEdge("");
    board.set(move(board.root, event.dataTransfer.getData(DRAGGED), { group, index: edge === "behind" ? index + 1 : index }));
  };
  return <li className="w-node" data-edge={edge || undefined} onDragOver={over} onDragLeave={() => setEdge("")} onDrop={drop}>{children}</li>;
}

function Row({ node, board, place, group, joint }: { node: Node; board: Board; place: number; group: Group; joint: string }) {
  const words = useBuilderWords();
  const faults = board.faults.get(node.id) ?? [];
  const name = isGroup(node) ? `${words.group} ${place + 1}` : `${words.kinds[kindOf(node.body) ?? "other"]} ${place + 1}`;
  const change = (body: Body, about?: string) => board.set(replace(board.root, { id: node.id, body }), about && `${node.id}:${about}`);
  return (
    <Drop group={group.id} index={place} board={board}>
      {place > 0 && <span className="w-joint">{joint}</span>}
      {isGroup(node) ? (
        <GroupView group={node} board={board} name={name} />
      ) : (
        <div className="w-leaf" role="group" aria-label={name}>
          <Handle node={node} board={board} name={name} />
          <span className="w-kind">{words.kinds[kindOf(node.body) ?? "other"]}</span>
          <div className="w-line"><LeafFields body={node.body} change={change} vocabulary={board.vocabulary} /></div>
          <Acts node={node} board={board} name={name} />
        </div>
      )}
      {faults.map((fault) => <p key={fault} className="w-bad-text w-plain" role="alert">{fault}</p>)}
    </Drop>
  );
}

interface GroupProps {
  group: Group;
  board: Board;
  name: string;
  root?: boolean;
}

/** Rules that hold together: all of them, any, or none. */
export function GroupView({ group, board, name, root = false }: GroupProps) {
  const words = useBuilderWords();
  const format = useFormat();
  const size = board.sizes.get(group.id);
  const joint = group.group === "all" ? words.and : words.or;
  const faults = root ? (board.faults.get(group.id) ?? []) : [];
  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    board.set(move(board.root, event.dataTransfer.getData(DRAGGED), { group: group.id, index: group.rules.length }));
  };
  return (
    <div className={root ? "w-rules root" : "w-rules"} role="group" aria-label={name}>
      <div className="w-rules-head">
        {!root && <Handle node={group} board={board} name={name} />}
        <Select
          size="xs" w={132} allowDeselect={false} aria-label={`${words.group}: ${name}`} value={group.group} data={GROUPS.map((value) => ({ value, label: words.groups[value] }))}
          onChange={(value) => value && board.set(replace(board.root, { ...group, group: value as GroupKind }))}
        />
        <span className="w-meta">{words.groupHints[group.group]}</span>
        {root ? (
          <span className="w-row-acts"><span className={board.stale ? "w-num stale" : "w-num"} title={size === undefined ? undefined : words.holdsFor(format.exact(size))}>{isWhole(group) ? (size === undefined ? "…" : format.short(size)) : "–"}</span></span>
        ) : (
          <Acts node={group} board={board} name={name} />
        )}
      </div>
      {faults.map((fault) => <p key={fault} className="w-bad-text w-plain" role="alert">{fault}</p>)}
      {group.rules.length > 0 && (
        <ol>{group.rules.map((each, index) => <Row key={each.id} node={each} board={board} place={index} group={group} joint={joint} />)}</ol>
      )}
      <div className="w-row w-adds" onDragOver={(event) => { if (event.dataTransfer.types.includes(DRAGGED)) event.preventDefault(); }} onDrop={drop}>
        <Add board={board} group={group} />
        <Button size="compact-xs" variant="subtle" color="gray" leftSection={<IconPlus size={12} aria-hidden="true" />} onClick={() => board.set(append(board.root, group.id, blankGroup(group.group === "any" ? "all" : "any")))}>
          {words.addGroup}
        </Button>
      </div>
    </div>
  );
}

function Add({ board, group }: { board: Board; group: Group }) {
  const words = useBuilderWords();
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 120 }} withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconPlus size={12} aria-hidden="true" />}>{words.addRule}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => board.set(append(board.root, group.id, blank(kind)))}>
            {words.kinds[kind]} <span className="w-meta">{words.kindHints[kind]}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
