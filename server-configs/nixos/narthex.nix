# A NixOS module: imports = [ ./narthex.nix ];
#
#   services.narthex = {
#     enable = true;
#     war = ./narthex.war;
#     settings = {
#       "narthex.upstreams" = [ "https://cache.nixos.org" ];
#       "narthex.max-size" = "50GiB";
#     };
#     credentials."narthex.token.admin-file" = "/run/keys/narthex-admin";
#     nginx.virtualHost = "cache.example.org";
#   };
#
# The service is that of server-configs/systemd/narthex.service.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.narthex;

  # Paths are named, not copied to the store: a path may be that of a secret.
  valueText = value:
    if builtins.isBool value then lib.boolToString value
    else if builtins.isList value then lib.concatMapStringsSep "," valueText value
    else toString value;

  # As java.util.Properties reads it.
  escape = lib.replaceStrings [ "\\" "\n" "\r" "\t" ] [ "\\\\" "\\n" "\\r" "\\t" ];

  properties = lib.concatStrings (
    lib.mapAttrsToList
      (name: value: "${name}=${escape (valueText value)}\n")
      (lib.filterAttrs (name: value: value != null) cfg.settings)
  );

  # narthex.token.admin-file has the variable NARTHEX_TOKEN_ADMIN_FILE.
  variable = name: lib.toUpper (lib.replaceStrings [ "." "-" ] [ "_" "_" ] name);

  port = cfg.settings."narthex.http.port" or 8080;
  hasOwnUser = cfg.user == null;
  isUsualFolder = cfg.dataDir == "/var/lib/narthex";
in
{
  options.services.narthex = {
    enable = lib.mkEnableOption "Narthex, a Nix binary cache";

    war = lib.mkOption {
      type = lib.types.path;
      description = "The file narthex.war, for example one that a package builds or fetches.";
    };

    java = lib.mkOption {
      type = lib.types.package;
      default = pkgs.jdk17_headless;
      defaultText = lib.literalExpression "pkgs.jdk17_headless";
      description = "Java 17 or newer.";
    };

    javaOptions = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [
        "-Xms96m"
        "-Xmx512m"
        "-XX:+UseSerialGC"
        "-XX:MinHeapFreeRatio=20"
        "-XX:MaxHeapFreeRatio=40"
        "-XX:+ExitOnOutOfMemoryError"
      ];
      description = "Options of the JVM.";
    };

    settings = lib.mkOption {
      type = with lib.types; attrsOf (nullOr (oneOf [ bool int path str (listOf str) ]));
      default = { };
      example = { "narthex.max-size" = "50GiB"; };
      description = ''
        Settings by their full names; lists are joined by commas. They are in the world-readable
        store: use credentials or environmentFiles for secrets.
      '';
    };

    credentials = lib.mkOption {
      type = lib.types.attrsOf lib.types.path;
      default = { };
      example = { "narthex.token.admin-file" = "/run/keys/narthex-admin"; };
      description = ''
        Files that only root can read, by the setting that names a file. systemd hands copies to
        the service (LoadCredential).
      '';
    };

    environmentFiles = lib.mkOption {
      type = lib.types.listOf lib.types.path;
      default = [ ];
      example = [ "/run/keys/narthex-environment" ];
      description = "Files with secrets, such as NARTHEX_DATABASE_PASSWORD=…";
    };

    dataDir = lib.mkOption {
      type = lib.types.path;
      default = "/var/lib/narthex";
      description = "The data directory. Another one needs a user, who owns it.";
    };

    user = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "An existing user and group; null: systemd makes one for the service.";
    };

    openFirewall = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Opens the port of narthex.http.port.";
    };

    nginx.virtualHost = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "cache.example.org";
      description = "The name of an nginx virtual host in front of Narthex.";
    };

    configFile = lib.mkOption {
      type = lib.types.package;
      internal = true;
      readOnly = true;
      default = pkgs.writeText "narthex.properties" properties;
      description = "The file with the settings.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = isUsualFolder || !hasOwnUser;
        message = "services.narthex.dataDir other than /var/lib/narthex needs services.narthex.user";
      }
    ];

    systemd.services.narthex = {
      description = "Narthex, a Nix binary cache";
      wants = [ "network-online.target" ];
      after = [ "network-online.target" "postgresql.service" ];
      wantedBy = [ "multi-user.target" ];

      environment =
        { NARTHEX_DATA_DIR = toString cfg.dataDir; }
        // lib.mapAttrs' (name: file: lib.nameValuePair (variable name) "%d/${name}") cfg.credentials;

      serviceConfig = {
        ExecStart = lib.concatStringsSep " " (
          [ "${cfg.java}/bin/java" ]
          ++ cfg.javaOptions
          ++ [ "-Dnarthex.config-file=${cfg.configFile}" "-jar" "${cfg.war}" ]
        );
        EnvironmentFile = map toString cfg.environmentFiles;
        LoadCredential = lib.mapAttrsToList (name: file: "${name}:${toString file}") cfg.credentials;

        CacheDirectory = "narthex";
        CacheDirectoryMode = "0700";
        WorkingDirectory = toString cfg.dataDir;

        KillSignal = "SIGTERM";
        TimeoutStopSec = 30;
        SuccessExitStatus = 143;
        Restart = "on-failure";
        RestartSec = 2;
        LimitNOFILE = 65536;

        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectClock = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectControlGroups = true;
        RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        LockPersonality = true;
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        SystemCallArchitectures = "native";
        SystemCallFilter = "@system-service";
        SystemCallErrorNumber = "EPERM";
        UMask = "0077";
      }
      // lib.optionalAttrs isUsualFolder {
        StateDirectory = "narthex";
        StateDirectoryMode = "0750";
      }
      // lib.optionalAttrs (!isUsualFolder) { ReadWritePaths = [ (toString cfg.dataDir) ]; }
      // (
        if hasOwnUser then { DynamicUser = true; }
        else { User = cfg.user; Group = cfg.user; }
      );
    };

    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ port ];

    # See server-configs/nginx/narthex.conf for the reasons.
    services.nginx = lib.mkIf (cfg.nginx.virtualHost != null) {
      enable = true;
      virtualHosts.${toString cfg.nginx.virtualHost}.locations."/" = {
        proxyPass = "http://127.0.0.1:${toString port}";
        extraConfig = ''
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Forwarded-Host $host;
          proxy_set_header X-Forwarded-Port $server_port;
          proxy_buffering off;
          proxy_request_buffering off;
          client_max_body_size 0;
          proxy_read_timeout 300s;
          proxy_send_timeout 300s;
          gzip off;
        '';
      };
    };
  };
}
