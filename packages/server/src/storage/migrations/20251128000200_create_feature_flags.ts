import { sqlMigration } from './migration.ts';

/** What operators have made of the feature flags that the code declares. */
export const createFeatureFlags = sqlMigration({
  expands: true,
  up: [
    `CREATE TABLE feature_flags (
       key text PRIMARY KEY,
       rules jsonb NOT NULL DEFAULT '[]',
       killed boolean NOT NULL DEFAULT false,
       changed_at timestamptz NOT NULL DEFAULT now(),
       changed_by uuid
     )`,
  ],
  down: ['DROP TABLE feature_flags'],
});
