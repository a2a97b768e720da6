/** Tests every file of server-configs, used as its header describes, with unmodified servers. */
@org.jspecify.annotations.NullMarked
package narthex.configs;
