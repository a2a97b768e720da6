/**
 * The figures of a running server, by Micrometer: for Prometheus, by JMX, and pushed by OTLP. The
 * only package that sees Micrometer. Others tell it of events through observers of their own, or
 * are asked when the figures are read.
 *
 * <p>Glossary: a <em>meter</em> is one figure with its labels; a <em>counter</em> only grows; a
 * <em>gauge</em> is read when it is asked for.
 */
@org.jspecify.annotations.NullMarked
package narthex.metrics;
