import { fresh, type Group, isGroup, type Node } from "./rule";

/** Every edit is a function from a rule to the next one; what cannot be done leaves it as it is. */
export type Place = { readonly group: string; readonly index: number };

function mapped(group: Group, change: (node: Node) => readonly Node[]): Group {
  return { ...group, rules: group.rules.flatMap((each) => change(each).map((next) => (next === each && isGroup(next) ? mapped(next, change) : next))) };
}

export function find(root: Group, id: string): Node | undefined {
  if (root.id === id) return root;
  for (const each of root.rules) {
    const found = each.id === id ? each : isGroup(each) ? find(each, id) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** The group that a node is directly in, and where. */
export function placeOf(root: Group, id: string): Place | undefined {
  const index = root.rules.findIndex((each) => each.id === id);
  if (index >= 0) return { group: root.id, index };
  for (const each of root.rules) {
    const found = isGroup(each) ? placeOf(each, id) : undefined;
    if (found) return found;
  }
  return undefined;
}

export function insert(root: Group, { group, index }: Place, node: Node): Group {
  const put = (into: Group): Group => ({ ...into, rules: [...into.rules.slice(0, index), node, ...into.rules.slice(index)] });
  return root.id === group ? put(root) : mapped(root, (each) => [isGroup(each) && each.id === group ? put(each) : each]);
}

export const append = (root: Group, group: string, node: Node): Group => {
  const into = find(root, group);
  return into && isGroup(into) ? insert(root, { group, index: into.rules.length }, node) : root;
};

export const remove = (root: Group, id: string): Group => mapped(root, (each) => (each.id === id ? [] : [each]));

export function replace(root: Group, node: Node): Group {
  if (root.id === node.id) return isGroup(node) ? node : root;
  return mapped(root, (each) => [each.id === node.id ? node : each]);
}

const copied = (node: Node): Node => (isGroup(node) ? { ...node, id: fresh(), rules: node.rules.map(copied) } : { ...node, id: fresh() });

export function duplicate(root: Group, id: string): Group {
  const [node, place] = [find(root, id), placeOf(root, id)];
  return node && place ? insert(root, { ...place, index: place.index + 1 }, copied(node)) : root;
}

/** Moves a node to a place as it is counted before the move. A group does not go into itself. */
export function move(root: Group, id: string, to: Place): Group {
  const [node, from] = [find(root, id), placeOf(root, id)];
  if (!node || !from || node.id === to.group || (isGroup(node) && find(node, to.group))) return root;
  const index = from.group === to.group && from.index < to.index ? to.index - 1 : to.index;
  return insert(remove(root, id), { group: to.group, index }, node);
}

/** One line up or down, as the eye walks: over a row, into a group, out of a group at its end. */
export function step(root: Group, id: string, down: boolean): Group {
  const place = placeOf(root, id);
  const group = place && find(root, place.group);
  if (!place || !group || !isGroup(group)) return root;
  const next = group.rules[place.index + (down ? 1 : -1)];
  if (next && isGroup(next)) return move(root, id, { group: next.id, index: down ? 0 : next.rules.length });
  if (next) return move(root, id, { group: group.id, index: place.index + (down ? 2 : -1) });
  const outside = placeOf(root, group.id);
  return outside ? move(root, id, { group: outside.group, index: outside.index + (down ? 1 : 0) }) : root;
}
