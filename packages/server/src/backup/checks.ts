/** One statement about a sound database. */
export interface Check {
  readonly name: string;
  /** For people: what holds. */
  readonly holds: string;
  /** Tables that must be there for the check to mean something. */
  readonly needs?: readonly string[];
  /** Selects `subject`, `detail` of everything that breaks it. */
  readonly violations: string;
}

/** What hangs on a message must have one. */
function pointsAtMessage(table: string): string {
  return `SELECT x.channel_id AS subject, format('seq %s has no message', x.seq) AS detail
            FROM ${table} x LEFT JOIN messages m ON m.channel_id = x.channel_id AND m.seq = x.seq
           WHERE m.seq IS NULL`;
}

/** All that a sound database keeps, in the order of the report. The indexes are not trusted: a damaged one must be found. */
export const CHECKS: readonly Check[] = [
  {
    name: 'epoch',
    holds: 'the history of revs has a name',
    violations: `SELECT 'server_state' AS subject, 'no epoch' AS detail
                  WHERE NOT EXISTS (SELECT FROM server_state WHERE key = 'epoch' AND value #>> '{}' <> '')`,
  },
  {
    name: 'seq gapless',
    holds: 'the messages of a channel are 1 to last_seq, each once',
    violations: `SELECT c.id AS subject,
                        format('last_seq %s; %s messages, %s distinct, from %s to %s', c.last_seq, s.n, s.distinct_n, s.low, s.high) AS detail
                   FROM channels c
                   LEFT JOIN (SELECT channel_id, count(*) AS n, count(DISTINCT seq) AS distinct_n, min(seq) AS low, max(seq) AS high
                                FROM messages GROUP BY channel_id) s ON s.channel_id = c.id
                  WHERE coalesce(s.n, 0) <> c.last_seq OR s.n <> s.distinct_n OR s.low <> 1 OR s.high <> c.last_seq`,
  },
  {
    name: 'rev unique',
    holds: 'no two messages below one root have the same rev',
    violations: `SELECT root_id AS subject, format('rev %s is that of %s messages', rev, count(*)) AS detail
                   FROM messages GROUP BY root_id, rev HAVING count(*) > 1`,
  },
  {
    name: 'rev within',
    holds: 'no rev of a message, a member or of access is above last_rev of the root',
    violations: `SELECT c.id AS subject, format('last_rev %s; messages up to %s, members up to %s, access %s',
                                                c.last_rev, coalesce(m.high, 0), coalesce(p.high, 0), c.access_rev) AS detail
                   FROM channels c
                   LEFT JOIN (SELECT root_id, max(rev) AS high, min(rev) AS low FROM messages GROUP BY root_id) m ON m.root_id = c.id
                   LEFT JOIN (SELECT k.root_id, max(x.rev) AS high FROM channel_members x JOIN channels k ON k.id = x.channel_id
                               GROUP BY k.root_id) p ON p.root_id = c.id
                  WHERE c.kind <> 'thread' AND (m.high > c.last_rev OR m.low < 1 OR p.high > c.last_rev OR c.access_rev > c.last_rev)`,
  },
  {
    name: 'messages placed',
    holds: 'every message is in a channel, below the root of that channel',
    violations: `SELECT m.channel_id AS subject, CASE WHEN c.id IS NULL THEN format('seq %s has no channel', m.seq)
                        ELSE format('seq %s says root %s, its channel %s', m.seq, m.root_id, c.root_id) END AS detail
                   FROM messages m LEFT JOIN channels c ON c.id = m.channel_id
                  WHERE c.id IS NULL OR c.root_id <> m.root_id`,
  },
  {
    name: 'senders',
    holds: 'every message has a sender who exists',
    violations: `SELECT m.channel_id AS subject, format('seq %s is from nobody', m.seq) AS detail
                   FROM messages m LEFT JOIN users u ON u.id = m.sender_id WHERE u.id IS NULL`,
  },
  {
    name: 'deleted text',
    holds: 'a deleted message has no text, and none of its earlier ones',
    violations: `SELECT m.channel_id AS subject, format('seq %s is deleted and has text', m.seq) AS detail
                   FROM messages m
                  WHERE m.deleted_at IS NOT NULL AND (m.body <> '' OR EXISTS
                        (SELECT FROM message_edits e WHERE e.channel_id = m.channel_id AND e.seq = m.seq))`,
  },
  {
    name: 'cursors',
    holds: '0 <= read <= delivered <= last_seq, for every member',
    violations: `SELECT x.channel_id AS subject,
                        format('user %s: read %s, delivered %s, last_seq %s', x.user_id, x.read_seq, x.delivered_seq, c.last_seq) AS detail
                   FROM channel_members x LEFT JOIN channels c ON c.id = x.channel_id
                  WHERE c.id IS NULL OR x.read_seq < 0 OR x.read_seq > x.delivered_seq OR x.delivered_seq > c.last_seq
                     OR x.joined_seq > c.last_seq`,
  },
  {
    name: 'delivery floors',
    holds: 'the status of messages is known no further than the last one',
    needs: ['delivery_floors'],
    violations: `SELECT f.channel_id AS subject, 'a floor is above last_seq' AS detail
                   FROM delivery_floors f LEFT JOIN channels c ON c.id = f.channel_id
                  WHERE c.id IS NULL OR greatest(f.delivered_all, f.delivered_rest, f.read_all, f.read_rest) > c.last_seq`,
  },
  {
    name: 'statuses',
    holds: 'a message that was read was delivered, and each has its time',
    violations: `SELECT m.channel_id AS subject, format('seq %s is %s, delivered at %s, read at %s', m.seq, m.status,
                        coalesce(m.delivered_at::text, 'no time'), coalesce(m.read_at::text, 'no time')) AS detail
                   FROM messages m
                  WHERE m.status NOT IN ('sent', 'delivered', 'read') OR (m.status = 'read') <> (m.read_at IS NOT NULL)
                     OR (m.status <> 'sent') <> (m.delivered_at IS NOT NULL)`,
  },
  {
    name: 'member count',
    holds: 'member_count is the number of members',
    violations: `SELECT c.id AS subject, format('member_count %s; %s members', c.member_count, coalesce(x.n, 0)) AS detail
                   FROM channels c
                   LEFT JOIN (SELECT channel_id, count(*) AS n FROM channel_members WHERE left_at IS NULL GROUP BY channel_id) x
                     ON x.channel_id = c.id
                  WHERE c.kind <> 'thread' AND c.member_count <> coalesce(x.n, 0)`,
  },
  {
    name: 'threads',
    holds: 'every thread hangs on a message, in a channel that is no thread, and the message knows it',
    violations: `SELECT c.id AS subject, CASE WHEN r.id IS NULL THEN 'its root is not there'
                        WHEN r.kind = 'thread' THEN 'its root is a thread'
                        WHEN m.seq IS NULL THEN format('message %s of its root is not there', c.root_seq)
                        ELSE format('message %s of its root does not know it', c.root_seq) END AS detail
                   FROM channels c LEFT JOIN channels r ON r.id = c.root_id
                   LEFT JOIN messages m ON m.channel_id = c.root_id AND m.seq = c.root_seq
                  WHERE c.kind = 'thread' AND (r.id IS NULL OR r.kind = 'thread' OR m.seq IS NULL OR m.thread_id IS DISTINCT FROM c.id)
                 UNION ALL
                 SELECT c.id, 'it is no thread and has another root' FROM channels c WHERE c.kind <> 'thread' AND c.root_id <> c.id
                 UNION ALL
                 SELECT m.channel_id, format('the thread of seq %s is not there', m.seq)
                   FROM messages m LEFT JOIN channels t ON t.id = m.thread_id AND t.kind = 'thread'
                  WHERE m.thread_id IS NOT NULL AND t.id IS NULL`,
  },
  { name: 'mentions', holds: 'every mention is of a message', violations: pointsAtMessage('mentions') },
  { name: 'reactions', holds: 'every reaction is to a message', violations: pointsAtMessage('reactions') },
  { name: 'edits', holds: 'every earlier text is of a message', violations: pointsAtMessage('message_edits') },
  {
    name: 'replies',
    holds: 'every reply is to an earlier message of its channel',
    violations: `SELECT m.channel_id AS subject, format('seq %s answers %s', m.seq, m.reply_to) AS detail
                   FROM messages m LEFT JOIN messages o ON o.channel_id = m.channel_id AND o.seq = m.reply_to
                  WHERE m.reply_to IS NOT NULL AND (o.seq IS NULL OR m.reply_to >= m.seq)`,
  },
  {
    name: 'attachments',
    holds: 'every attachment that a message names is there',
    needs: ['attachments'],
    violations: `SELECT m.channel_id AS subject, format('seq %s names %s', m.seq, named.id) AS detail
                   FROM messages m CROSS JOIN LATERAL unnest(m.attachments) AS named(id)
                   LEFT JOIN attachments a ON a.id = named.id
                  WHERE m.attachments IS NOT NULL AND a.id IS NULL`,
  },
  {
    name: 'indexes',
    holds: 'every index is whole',
    violations: `SELECT c.relname::text AS subject, 'the index is not valid' AS detail
                   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                  WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready)`,
  },
];
