import { z } from 'zod';
import { factors, flag, list, rate, rhythm, setting, wholeNumber } from './setting.ts';

/** Every setting of the server. `docs/operations.md` holds this table, and a test compares the two. */
export const SETTINGS = {
  host: setting(
    'HOST',
    z.string().default('127.0.0.1'),
    'Address to listen on. `0.0.0.0` opens the server to the network; put TLS in front of it.',
  ),
  port: setting('PORT', wholeNumber(8080, 0, 65_535), 'Port to listen on; 0 picks a free one.'),
  workers: setting(
    'PARLEY_WORKERS',
    wholeNumber(1, 1, 64),
    'Processes on the one port, each a node of its own with its own descriptors; more than 1 needs `REDIS_URL`.',
  ),
  publicUrl: setting(
    'PARLEY_PUBLIC_URL',
    z.url().optional(),
    'How people reach the server from outside, for links and as an allowed origin.',
  ),
  dataDir: setting(
    'PARLEY_DATA_DIR',
    z.string().default('.parley'),
    'Directory of the embedded database and of attachments.',
  ),
  upgradeSnapshots: setting(
    'PARLEY_UPGRADE_SNAPSHOTS',
    wholeNumber(3, 0, 100),
    'Snapshots of the database, taken before an upgrade migrates it, that are kept in `PARLEY_DATA_DIR`; 0: none is taken.',
  ),
  backupTo: setting(
    'PARLEY_BACKUP_TO',
    z.string().min(1).optional(),
    'Makes backups by itself, into this directory or `s3://bucket/prefix`; without it none is made. One node of a cluster does it, so a directory must be shared by their machines.',
  ),
  backupSchedule: setting(
    'PARLEY_BACKUP_SCHEDULE',
    rhythm('03:00'),
    'When: each day at this time by UTC, or so long after the last one, as `6h`, `30min`, `2d`. The first is made at once.',
  ),
  backupKeep: setting(
    'PARLEY_BACKUP_KEEP',
    wholeNumber(7, 1, 1_000),
    'Backups of this database that are kept there; older ones are removed when a new one was read back whole.',
  ),
  name: setting('PARLEY_NAME', z.string().max(80).default('Parley'), 'Name of this server, as people see it.'),
  databaseUrl: setting(
    'DATABASE_URL',
    z.string().optional(),
    'PostgreSQL 14 or newer. Without it a private PostgreSQL runs in `PARLEY_DATA_DIR`.',
    true,
  ),
  databasePool: setting(
    'PARLEY_DATABASE_POOL',
    wholeNumber(10, 1, 500),
    'Connections to PostgreSQL for everything but the writer.',
  ),
  writerLanes: setting(
    'PARLEY_WRITER_LANES',
    wholeNumber(2, 1, 16),
    'Batches that may be committed side by side once much is said; each has its own connection.',
  ),
  redisUrl: setting(
    'REDIS_URL',
    z.string().optional(),
    'Redis 6 or newer, or Valkey, also with Sentinel or as a Redis Cluster: makes this a node of several.',
    true,
  ),
  allowedOrigins: setting(
    'PARLEY_ALLOWED_ORIGINS',
    list(),
    'Further web origins that may connect, such as `https://app.example.com`. The server’s own origin always may.',
  ),
  trustedProxies: setting(
    'PARLEY_TRUSTED_PROXIES',
    list(),
    'Addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed.',
  ),
  maxConnections: setting(
    'PARLEY_MAX_CONNECTIONS',
    wholeNumber(15_000, 1, 1_000_000),
    '`WebSocketConfig.maxConnections`: sockets of this node.',
  ),
  heartbeatInterval: setting(
    'PARLEY_HEARTBEAT_INTERVAL_MS',
    wholeNumber(25_000, 1_000, 300_000),
    '`WebSocketConfig.heartbeatInterval`: milliseconds; a socket silent for twice as long is cut.',
  ),
  reconnectAttempts: setting(
    'PARLEY_RECONNECT_ATTEMPTS',
    wholeNumber(0, 0, 1_000_000),
    '`WebSocketConfig.reconnectAttempts`, told to clients; 0 is for ever.',
  ),
  connectRate: setting(
    'PARLEY_CONNECT_RATE',
    rate('1000/s'),
    'New sockets this node admits; as many as that lets in within 4 s may wait in line, above that they are told when to come back.',
  ),
  connectRatePerAddress: setting(
    'PARLEY_CONNECT_RATE_PER_ADDRESS',
    rate('300/min'),
    'New sockets and sign-in pages of one address (a /64 for IPv6).',
  ),
  outboxBytes: setting(
    'PARLEY_OUTBOX_BYTES',
    wholeNumber(1_048_576, 65_536, 1_073_741_824),
    'Bytes that may wait for one socket before it is cut as `slow`.',
  ),
  drainNotice: setting(
    'PARLEY_DRAIN_NOTICE_MS',
    wholeNumber(2_000, 0, 600_000),
    'In a cluster: how long a node that was told to stop still takes new sockets while `/readyz` says 503. Longer than the proxy takes to notice.',
  ),
  queueMode: setting(
    'PARLEY_QUEUE_MODE',
    z.enum(['overflow', 'always']).default('overflow'),
    'With Redis: whether sends go by it only while the database is away from their node, or always.',
  ),
  queueMaxSize: setting(
    'PARLEY_QUEUE_MAX_SIZE',
    wholeNumber(50_000, 1, 10_000_000),
    '`QueueConfig.maxSize`: sends that may wait before `busy`.',
  ),
  queueRetention: setting(
    'PARLEY_QUEUE_RETENTION_MS',
    wholeNumber(30_000, 100, 86_400_000),
    '`QueueConfig.retentionPeriod`: how long a send may wait for the database before `expired`.',
  ),
  queueBatchSize: setting(
    'PARLEY_QUEUE_BATCH_SIZE',
    wholeNumber(200, 1, 200),
    '`QueueConfig.batchSize`: messages per transaction.',
  ),
  cacheMessageLimit: setting(
    'PARLEY_CACHE_MESSAGE_LIMIT',
    wholeNumber(100, 0, 1_000),
    '`CacheConfig.messageLimit`: last changes kept of each channel that is read; 0 keeps none.',
  ),
  cacheExpiry: setting(
    'PARLEY_CACHE_EXPIRY_MS',
    wholeNumber(600_000, 1_000, 86_400_000),
    '`CacheConfig.expiry`: milliseconds after which what nobody reads goes.',
  ),
  cacheRefreshInterval: setting(
    'PARLEY_CACHE_REFRESH_INTERVAL_MS',
    wholeNumber(10_000, 0, 86_400_000),
    '`CacheConfig.refreshInterval`: milliseconds after which what is in use is written to Redis anew, for other nodes.',
  ),
  messageRate: setting('PARLEY_RATE_MESSAGES', rate('60/min'), '`rateLimits.messageRate` per user, over all sockets.'),
  channelCreation: setting('PARLEY_RATE_CHANNEL_CREATION', rate('5/h'), '`rateLimits.channelCreation` per user.'),
  joinRate: setting('PARLEY_RATE_JOINS', rate('20/h'), '`rateLimits.joinRate` per user.'),
  signInRate: setting('PARLEY_RATE_SIGN_INS', rate('10/min'), 'Sign-in tries per address, and per account.'),
  signUpRate: setting('PARLEY_RATE_SIGN_UPS', rate('10/h'), 'New accounts per address.'),
  searchRate: setting('PARLEY_RATE_SEARCHES', rate('30/min'), 'Searches per user.'),
  maxUploadBytes: setting(
    'PARLEY_MAX_UPLOAD_BYTES',
    wholeNumber(26_214_400, 1_024, 1_073_741_824),
    'Largest file that may be uploaded.',
  ),
  uploadQuota: setting(
    'PARLEY_UPLOAD_QUOTA_BYTES',
    wholeNumber(2_147_483_648, 1_024, Number.MAX_SAFE_INTEGER),
    'Bytes that the files of one user may take together.',
  ),
  thumbnails: setting(
    'PARLEY_THUMBNAILS',
    flag(true),
    'Whether small versions of images are made, which needs the npm package `sharp`; without it originals are shown.',
  ),
  s3Bucket: setting(
    'PARLEY_S3_BUCKET',
    z.string().min(1).optional(),
    'Keeps attachments in this bucket of an S3-compatible storage, and not in `PARLEY_DATA_DIR`. Several nodes need it, or a shared directory.',
  ),
  s3Endpoint: setting(
    'PARLEY_S3_ENDPOINT',
    z
      .string()
      .regex(/^https?:\/\//, 'must begin with https:// or http://')
      .optional(),
    'Address of the storage; Amazon’s of the region unless given. The bucket follows as a path, or stands where this says `{bucket}`.',
  ),
  s3Region: setting('PARLEY_S3_REGION', z.string().min(1).default('us-east-1'), 'Region of the bucket.'),
  s3AccessKeyId: setting('PARLEY_S3_ACCESS_KEY_ID', z.string().min(1).optional(), 'Key for the bucket.'),
  s3SecretAccessKey: setting(
    'PARLEY_S3_SECRET_ACCESS_KEY',
    z.string().min(1).optional(),
    'Its secret. The key needs to list, read, write and delete objects.',
    true,
  ),
  s3Prefix: setting(
    'PARLEY_S3_PREFIX',
    z
      .string()
      .regex(/^[\w./-]*$/, 'may hold letters, digits and ._/- only')
      .default(''),
    'What the names of all objects begin with, such as `parley/`.',
  ),
  uploadRate: setting('PARLEY_RATE_UPLOADS', rate('60/min'), 'Uploads per user.'),
  changeRate: setting('PARLEY_RATE_CHANGES', rate('240/min'), 'Other changes per user: edits, reactions, settings.'),
  readRate: setting('PARLEY_RATE_READS', rate('1200/min'), 'Reading requests per user: pages, lists.'),
  signalRate: setting('PARLEY_RATE_SIGNALS', rate('600/min'), 'Receipts, presence and typing per user.'),
  rateFactors: setting(
    'PARLEY_RATE_FACTORS',
    factors('owner=5,admin=5,bot=10'),
    'Multiplies the per-user rates by role or for bots; the larger holds for a bot with a role.',
  ),
  signUp: setting(
    'PARLEY_SIGN_UP',
    z.enum(['open', 'invitation']).default('invitation'),
    'Whether anybody may make an account.',
  ),
  firstChannels: setting(
    'PARLEY_FIRST_CHANNELS',
    list('general'),
    'Public channels that the first owner gets and every new member is in.',
  ),
  sessionDays: setting(
    'PARLEY_SESSION_DAYS',
    wholeNumber(90, 1, 3_650),
    'Days after which a sign-in that is not used ends.',
  ),
  jwtSecret: setting(
    'PARLEY_JWT_SECRET',
    z.string().optional(),
    'Shared secret (32 bytes or more) by which a host application signs JWTs for its users.',
    true,
  ),
  jwtPublicKey: setting(
    'PARLEY_JWT_PUBLIC_KEY',
    z.string().optional(),
    'Public key (PEM) of a host application, in place of a shared secret.',
    true,
  ),
  jwtJwksUrl: setting(
    'PARLEY_JWT_JWKS_URL',
    z.url({ protocol: /^https?$/ }).optional(),
    'Where a host application or its identity provider publishes its keys, in place of one key.',
  ),
  jwtAlgorithms: setting(
    'PARLEY_JWT_ALGORITHMS',
    list(),
    'Signature algorithms to accept; by default HS256 for a secret, the one that fits a public key, and RS256, ES256, EdDSA for a key set.',
  ),
  jwtAudience: setting('PARLEY_JWT_AUDIENCE', z.string().min(1).default('parley'), 'The `aud` a JWT must name.'),
  jwtIssuer: setting('PARLEY_JWT_ISSUER', z.string().min(1).optional(), 'The `iss` a JWT must have, if set.'),
  metricsPort: setting(
    'PARLEY_METRICS_PORT',
    wholeNumber(0, 0, 65_535),
    'Port on 127.0.0.1 that serves `/metrics` for Prometheus; 0: none.',
  ),
  metricsToken: setting(
    'PARLEY_METRICS_TOKEN',
    z.string().min(16).optional(),
    'Serves `/metrics` on the main port as well, to whoever sends this as a bearer token.',
    true,
  ),
  webhookRanges: setting(
    'PARLEY_WEBHOOK_RANGES',
    list(),
    'Private addresses or CIDR ranges that outgoing webhooks may reach, such as `10.1.0.0/16`; by default none.',
  ),
  environment: setting(
    'PARLEY_ENVIRONMENT',
    z.string().min(1).max(40).default('production'),
    'Name of this installation for the rules of feature flags, such as `staging`.',
  ),
  flagProvider: setting(
    'PARLEY_FLAG_PROVIDER',
    z.string().min(1).optional(),
    'A module whose default export is an OpenFeature provider (or makes one), to ask in place of our own flags.',
  ),
  logLevel: setting(
    'PARLEY_LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
    'How much is logged.',
  ),
  allowUnsafeDatabase: setting(
    'PARLEY_ALLOW_UNSAFE_DATABASE',
    flag(false),
    'Start even though PostgreSQL runs without fsync: acknowledged messages may then be lost with the machine.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** All settings, parsed. */
export type Config = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };
