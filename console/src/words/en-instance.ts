type Value = (name: string) => string;
type Told = { what: string; todo: string } | null;

/** The words of what Weft looks at on its machine. `n` gives a parameter of the finding, as a person reads it. */
export const instance = {
  checks: {
    names: {
      versions: "Versions", disk: "Disk", fsync: "Durable writes", memory: "Memory", "file limit": "Open files", clock: "Clock",
      definitions: "Definitions", backlog: "Queue",
    } as Record<string, string>,
    of: (code: string, n: Value): Told => {
      const said = (what: string, todo = ""): Told => ({ what, todo });
      const disk = () => `${n("free_bytes")} free of ${n("total_bytes")}`;
      const memory = () => `${n("available_bytes")} available of ${n("total_bytes")}`;
      const sync = () => `Median ${n("median_ms")} ms, worst ${n("worst_ms")} ms; each answer waits for it once or twice`;
      const queue = () => `Waiting: ${n("events")}; senders are told to wait from ${n("limit")} on`;
      switch (code) {
        case "disk": return said(disk());
        case "disk_low": return said(disk(), "Plan for more space, or keep less for replay: lower engine.replay_days.");
        case "disk_full": return said(disk(), "Free space or move the data folder. Events are refused when it is full.");
        case "memory": return said(memory());
        case "memory_low": return said(memory(), `Weft may take ${n("needed_bytes")}: lower storage.warehouse_memory_mb, or stop other programs.`);
        case "memory_too_small": return said(memory(), `Weft may take ${n("needed_bytes")}: lower storage.warehouse_memory_mb, or add memory.`);
        case "fsync": return said(sync());
        case "fsync_unreal": return said(sync(), "This looks like memory, not a disk: accepted events will not outlive a power cut.");
        case "fsync_slow": return said(sync(), "Answers will be slow. A local SSD takes 0.1 to 5 ms; a network or USB disk does not.");
        case "fsync_too_slow": return said(sync(), "Put the data folder on a local SSD: this disk is too slow.");
        case "fsync_unwritable": return said(`${n("folder")} cannot be written: ${n("fault")}`, "Mend its owner, mode or disk.");
        case "files": return said(`${n("files")} open files a process`);
        case "files_few": return said(`${n("files")} open files a process`, `Enough for some hundred senders at once. For more: ulimit -n ${n("needed")}.`);
        case "files_too_few": return said(`${n("files")} open files a process`, `Raise it before starting: ulimit -n ${n("needed")}.`);
        case "clock": return said(n("at"));
        case "clock_year": return said(`${n("at")}: the year cannot be right`, "Set the clock, and keep it set with NTP.");
        case "clock_back": return said(`${n("at")}, but the newest event came in at ${n("newest")}`, "The clock went back. Set it, and keep it set with NTP.");
        case "clock_moved": return said(`It moved by ${n("drift_ms")} ms while it was looked at`, "Keep it set with NTP: windows are computed from it.");
        case "versions": return said(n("found"));
        case "python_version": return said(n("found"), "Weft runs on Python 3.11 to 3.13. Install it on one of those.");
        case "sqlite_version": return said(n("found"), "SQLite 3.35 or newer is needed. Use a newer Python build.");
        case "definitions": return said(`${n("definitions")} are valid`);
        case "definitions_doubtful": return said(`${n("problems")} of ${n("definitions")} are doubtful`, "Check the names; it may be meant so. The overview lists each.");
        case "definitions_wrong": return said(`${n("problems")} faults`, "Mend them in definitions/. Until then the older ones count.");
        case "backlog": return said(queue());
        case "backlog_long": return said(queue(), "The engine is far behind and catches up by itself. Look at the workers if it does not.");
        case "backlog_full": return said(queue(), "Senders are told to wait. Look at the workers and at the log of weft up.");
        default: return null;
      }
    },
    /** What is probably a mistake in a definition. */
    doubt: (code: string, n: Value): Told => {
      const near = n("near") && ` Did you mean ${n("near")}?`;
      switch (code) {
        case "unseen_event": return { what: "names an event that never came", todo: `${n("event")}.${near}` };
        case "unknown_trait": return { what: "reads a trait that nobody computes", todo: `${n("trait")} is taken from identify.${near}` };
        default: return null;
      }
    },
  },
};
