import './spinner.css';

/** Something is on its way. Say so in words beside it. */
export function Spinner() {
  return <span className="spinner" aria-hidden="true" />;
}
