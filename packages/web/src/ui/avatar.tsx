import { Bot, Hash, Lock } from 'lucide-react';
import { classNames } from '../lib/class-names.ts';
import { hueOf, initialsOf } from './initials.ts';
import './avatar.css';

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly isBot?: boolean;
  readonly size?: 'xs' | 's' | 'm' | 'l' | 'xl';
  /** Where the person is; left out where it does not matter. */
  readonly presence?: 'online' | 'away' | 'offline' | undefined;
}

/** A person by initials, always in the same colour. For eyes alone: the name stands beside it. */
export function Avatar({ id, name, isBot = false, size = 'm', presence }: AvatarProps) {
  return (
    <span className={classNames('avatar', `avatar-${size}`)} data-hue={hueOf(id)} aria-hidden="true">
      {isBot ? <Bot /> : initialsOf(name)}
      {presence !== undefined && <span className={`presence-dot presence-${presence}`} />}
    </span>
  );
}

/** The sign of a channel by its kind. */
export function ChannelSign({ kind, size = 16 }: { readonly kind: 'public' | 'private'; readonly size?: number }) {
  return kind === 'public' ? <Hash size={size} aria-hidden="true" /> : <Lock size={size} aria-hidden="true" />;
}
