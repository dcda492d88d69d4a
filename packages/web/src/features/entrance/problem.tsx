import { CircleAlert } from 'lucide-react';

/** What a form was refused for; heard as soon as it appears. */
export function Problem({ text }: { readonly text: string | null }) {
  return (
    <div role="alert" className="problem-region">
      {text !== null && (
        <p className="problem">
          <CircleAlert size={18} aria-hidden="true" />
          <span>{text}</span>
        </p>
      )}
    </div>
  );
}
