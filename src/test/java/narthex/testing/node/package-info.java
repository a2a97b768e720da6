/**
 * The fetch and serve path of a server, wired by hand for tests: real database, real blob folder,
 * real upstreams. May import everything but {@code narthex.web} and {@code narthex.wiring}.
 *
 * <p>Glossary: <em>node</em>, one server without HTTP; <em>sample</em>, a NAR with its file and the
 * narinfo, right or lying, that an upstream gives of it; <em>reading</em>, one client's reading of
 * a NAR from an offset on; <em>outcome</em>, what that client saw.
 */
@NullMarked
package narthex.testing.node;

import org.jspecify.annotations.NullMarked;
