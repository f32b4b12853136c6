/*
 * The version of a reading: the sidecar's revision, and behind it the entity tag where it is known. The tag is a hash of the content as this
 * client gets it, so it outlives the sidecar's restarts and ours: what the disk cache remembers is confirmed with a 304.
 */
const shape = /^(\S+) ("[\x21\x23-\x7e]+")$/;

export function versionOf(revision: string, tag: string | undefined): string {
  return tag === undefined ? revision : `${revision} ${tag}`;
}

/** `undefined` when the content is not known by a tag, or another source has written it. */
export function tagIn(version: string | undefined): string | undefined {
  return shape.exec(version ?? '')?.[2];
}
