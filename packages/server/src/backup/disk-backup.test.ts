import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackupShelf } from './backup-file.contract.ts';
import { DiskBackupShelf } from './disk-backup.ts';

describeBackupShelf('disk', () => {
  const parent = mkdtempSync(join(tmpdir(), 'parley-shelf-'));
  const directory = join(parent, 'backups');
  return Promise.resolve({
    shelf: new DiskBackupShelf(directory),
    count: () => readdirSync(directory).length,
    leaveHalf: (name) => Promise.resolve(writeFileSync(join(directory, `${name}.part`), 'half')),
    close: () => Promise.resolve(rmSync(parent, { recursive: true })),
  });
});
