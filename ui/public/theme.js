// Runs before the first paint, so that a chosen theme does not flash in the other one.
(function () {
  const theme = localStorage.getItem("annota.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
