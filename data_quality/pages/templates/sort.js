// A click, or Enter, on a heading sorts its table by that column; once more, the other way.
document.querySelectorAll("table.sortable").forEach(function (table) {
  table.querySelectorAll("thead th").forEach(function (heading, column) {
    heading.tabIndex = 0;
    function key(row) {
      var cell = row.cells[column];
      var text = cell.dataset.value || cell.textContent.trim();
      // A month or a time is no number, though it begins like one.
      return /^[-+]?[\d,]*\.?\d+\s*%?$/.test(text)
        ? parseFloat(text.replace(/[,%\s]/g, ""))
        : text.toLowerCase();
    }
    function sort() {
      var down = heading.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("thead th").forEach(function (other) {
        other.removeAttribute("aria-sort");
      });
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      var body = table.tBodies[0];
      Array.from(body.rows)
        .sort(function (a, b) {
          var x = key(a), y = key(b);
          if (typeof x !== typeof y) { return typeof x === "number" ? -1 : 1; }
          return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
        })
        .forEach(function (row) { body.appendChild(row); });
    }
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", function (event) {
      if (event.key === "Enter") { sort(); }
    });
  });
});
