/**
 * HTTP only: servlets, filters, ranges, encodings and status codes. Every route stands in {@code
 * web.xml}.
 */
@org.jspecify.annotations.NullMarked
package narthex.web;
