import { type BlobStoreConfig, openBlobStore } from '../files.ts';
import { StartError } from '../lib/start-error.ts';
import { type Finding, failed, well } from './diagnosis.ts';

/** Whether attachments can be kept where the settings say. Nothing is written. */
export async function diagnoseFiles(config: BlobStoreConfig): Promise<Finding> {
  const { s3Bucket: bucket } = config;
  if (bucket === undefined) return well('files', `in ${config.dataDir}`);
  try {
    await openBlobStore(config).check();
    return well('files', `in the bucket ${bucket}`);
  } catch (error) {
    if (error instanceof StartError) return failed('files', error.message, error.hint);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return failed('files', `the bucket ${bucket} cannot be used: ${cause}`, 'Correct the settings PARLEY_S3_…');
  }
}
