import { Users } from 'lucide-react';
import { Avatar, ChannelSign } from '../../ui/avatar.tsx';
import type { Target } from './use-targets.ts';

/** The picture or sign of somewhere to go. */
export function TargetFace({ target }: { readonly target: Target }) {
  if (target.user !== undefined) {
    return <Avatar id={target.user.id} name={target.user.displayName} isBot={target.user.kind === 'bot'} size="xs" />;
  }
  if (target.kind !== 'channel' || target.info.channel.kind === 'direct') return <Users size={16} aria-hidden="true" />;
  return <ChannelSign kind={target.info.channel.kind === 'public' ? 'public' : 'private'} />;
}
