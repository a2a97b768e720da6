/**
 * The HTTP layer: servlets, filters, ranges, content codings and status codes. {@code web.xml}
 * defines all routes.
 */
@org.jspecify.annotations.NullMarked
package narthex.web;
