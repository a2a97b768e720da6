/** Every file of server-configs, used as its head says, with servers as they are delivered. */
@org.jspecify.annotations.NullMarked
package narthex.configs;
