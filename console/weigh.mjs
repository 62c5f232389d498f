// Fails when the script that the first screen needs is heavier than its limit.
// First load: what index.html names, what that imports, and the overview; charts come after.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 250_000;
const built = new URL("../src/weft/web/console/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", built), "utf8"));

const needed = new Set();
function need(name) {
  if (needed.has(name)) return;
  needed.add(name);
  for (const each of manifest[name]?.imports ?? []) need(each);
}
need("index.html");
need("src/overview/overview.tsx");

let bytes = 0;
for (const name of needed) {
  const size = gzipSync(readFileSync(new URL(manifest[name].file, built))).length;
  bytes += size;
  console.log(`${String(size).padStart(8)}  ${manifest[name].file}`);
}
console.log(`${String(bytes).padStart(8)}  bytes of script on first load, gzipped (at most ${LIMIT_BYTES})`);
if (bytes > LIMIT_BYTES) process.exit(1);
