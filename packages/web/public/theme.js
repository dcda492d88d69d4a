// Before the first paint: a chosen theme holds from the start, so that nobody sees the other one flash. The app itself takes over later.
try {
  const theme = localStorage.getItem('parley/theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the system's theme.
}
