// A form with data-for shows of a table the rows that fit all its fields. Without this script there
// is no form, and the table is whole. An address may choose: checks.html#feed=hate/report.
document.querySelectorAll("form[data-for]").forEach(function (form) {
  var rows = Array.from(document.getElementById(form.dataset.for).tBodies[0].rows);
  var said = form.querySelector("[role=status]");
  var fields = Array.from(form.elements).filter(function (field) { return field.name; });
  function fits(row, field) {
    var wanted = field.value.trim().toLowerCase();
    if (field.type === "search") {
      return wanted.split(/\s+/).every(function (word) {
        return row.textContent.toLowerCase().includes(word);
      });
    }
    var has = (row.dataset[field.name] || "").toLowerCase().split("|");
    return !wanted || has.includes(wanted);
  }
  function show() {
    var shown = 0;
    rows.forEach(function (row) {
      row.hidden = !fields.every(function (field) { return fits(row, field); });
      shown += !row.hidden;
    });
    said.textContent = shown + " of " + rows.length + " shown";
  }
  function choose() {
    var chosen = new URLSearchParams(location.hash.slice(1));
    var any = false;
    fields.forEach(function (field) {
      if (chosen.has(field.name)) { field.value = chosen.get(field.name); any = true; }
    });
    return any;
  }
  // A link to a row that is filtered away brings it back.
  function reveal() {
    var row = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (choose()) { show(); } else if (row && row.hidden) { form.reset(); show(); row.scrollIntoView(); }
  }
  form.addEventListener("input", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(show); });
  window.addEventListener("hashchange", reveal);
  form.hidden = false;
  choose();
  show();
});
