/**
 * The values of the Nix binary cache protocol: narinfos, store paths, hashes, NAR file names, keys
 * and signatures, and the URLs, host names and proxies that it uses. Parses and prints text; no
 * I/O.
 *
 * <p>May import: the JDK, Bouncy Castle's call-level Ed25519, and Jackson for JSON.
 *
 * <p>Glossary: a <i>narinfo</i> describes one store path; <i>NarHash</i> and <i>NarSize</i>
 * identify the uncompressed NAR; <i>FileHash</i> and <i>FileSize</i> describe one compressed file
 * of it; the <i>fingerprint</i> is the text that is signed.
 */
@NullMarked
package narthex.nix;

import org.jspecify.annotations.NullMarked;
