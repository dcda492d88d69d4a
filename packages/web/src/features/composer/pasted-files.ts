interface Clipboard {
  readonly files: Iterable<File>;
  readonly getData: (type: string) => string;
}

/** The files to take of what is pasted. Office programs put a picture of a text beside the text itself: then the text is meant. */
export function pastedFiles(clipboard: Clipboard): readonly File[] {
  const isText = ['text/plain', 'text/html'].every((type) => clipboard.getData(type).trim() !== '');
  return isText ? [] : [...clipboard.files];
}
