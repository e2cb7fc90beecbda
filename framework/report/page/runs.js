// What is below all figures: settings that differ, the runs with their files, and how to make each again.
(() => {
  const {make, table} = fovea.tools;

  const pairList = (pairs) => make("dl", {class: "pairs"},
    ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

  function runsTable(section) {
    const hasNotes = section.runs.some((run) => run.note);
    const rows = section.runs.map((run) => [run.group, run.seed, run.state, String(run.step), run.file, run.hash, ...(hasNotes ? [run.note] : [])]);
    return table({title: "", columns: ["group", "seed", "state", "step", "file", "XXH3-128 hash", ...(hasNotes ? ["note"] : [])],
      numbers: [false, true, false, true, false, false, false], rows, notes: []}, "Runs and their files");
  }

  /** Pairs that all runs have in common, and names of the others. */
  function shared(runs) {
    const [first, ...others] = runs.map((run) => run.provenance);
    const names = [...new Set(runs.flatMap((run) => Object.keys(run.provenance)))].filter((name) => name !== "command" && name !== "config_hash");
    const isShared = (name) => others.every((one) => one[name] === first[name]);
    return [names.filter(isShared).map((name) => [name, first[name]]), names.filter((name) => !isShared(name))];
  }

  function provenance(runs) {
    const [common, differing] = shared(runs);
    const rows = runs.map((run) => [run.group, run.seed, ...differing.map((name) => run.provenance[name] ?? "-")]);
    return make("details", {}, make("summary", {}, "Provenance: program, machine, files read"), pairList(common),
      differing.length === 0 ? null : table({title: "", columns: ["group", "seed", ...differing], numbers: [false, true], rows, notes: []},
        "Provenance that differs"));
  }

  function commands(runs) {
    const lines = [...new Set(runs.map((run) => run.command).filter((command) => command))];
    const label = "Commands that make the runs again";
    return make("details", {}, make("summary", {}, label),
      make("pre", {class: "commands", tabindex: 0, role: "group", "aria-label": label}, lines.join("\n")));
  }

  /** @param {any} section of the model */
  function runs(section) {
    return [
      section.differing ? table(section.differing, "Settings that differ") : null,
      ...(section.differing ? fovea.notesOf(section.differing) : []),
      make("details", {}, make("summary", {}, "Settings that all runs have in common"), pairList(section.settings.map((one) => [one.name, one.value]))),
      commands(section.runs),
      provenance(section.runs),
      make("details", {}, make("summary", {}, `Files: ${section.runs.length} ${section.runs.length === 1 ? "run" : "runs"} with their hashes`), runsTable(section)),
    ];
  }

  Object.assign(fovea, {runs});
})();
