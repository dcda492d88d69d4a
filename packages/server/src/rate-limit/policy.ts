import type { PolicyName, Rate, Role } from '@parley/protocol';
import type { Config } from '../config/settings.ts';

/** The sizes of all policies. */
export type Policies = Readonly<Record<PolicyName, Rate>>;

/** What multiplies the per-user rates: by role, and `bot` for bots. */
export type RateFactors = Readonly<Partial<Record<Role | 'bot', number>>>;

/** One table: which setting sizes which policy. */
export function policiesOf(config: Config): Policies {
  return {
    message: config.messageRate,
    channelCreation: config.channelCreation,
    join: config.joinRate,
    signIn: config.signInRate,
    signUp: config.signUpRate,
    search: config.searchRate,
    upload: config.uploadRate,
    change: config.changeRate,
    read: config.readRate,
    signal: config.signalRate,
    connect: config.connectRatePerAddress,
  };
}

/** How far the policies stretch for a user: the larger of what the role and being a bot give. */
export function factorOf(
  factors: RateFactors,
  user: { readonly serverRole: Role; readonly kind: 'human' | 'bot' },
): number {
  const byRole = factors[user.serverRole] ?? 1;
  return user.kind === 'bot' ? Math.max(byRole, factors.bot ?? 1) : byRole;
}
