# Evaluates a module that stands alone, with the few functions of nixpkgs' lib that it uses. nixpkgs
# itself can't be had without its repository. Types aren't checked here.
{ module, folder, java, values }:

let
  lib = rec {
    inherit (builtins) replaceStrings concatStringsSep filter mapAttrs;
    boolToString = b: if b then "true" else "false";
    concatStrings = concatStringsSep "";
    concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    nameValuePair = name: value: { inherit name value; };
    mapAttrs' = f: set: builtins.listToAttrs (mapAttrsToList f set);
    filterAttrs = f: set:
      builtins.listToAttrs
        (map (name: nameValuePair name set.${name})
          (filter (name: f name set.${name}) (builtins.attrNames set)));
    optionalAttrs = condition: set: if condition then set else { };
    toUpper = replaceStrings
      [ "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" "u" "v" "w" "x" "y" "z" ]
      [ "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z" ];
    literalExpression = text: text;
    mkOption = option: option // { _type = "option"; };
    mkEnableOption = name: mkOption { default = false; description = name; };
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    types = {
      bool = "bool"; int = "int"; str = "str"; path = "path"; package = "package";
      attrsOf = type: type; listOf = type: type; nullOr = type: type; oneOf = types: "oneOf";
    };
  };

  pkgs = {
    jdk17_headless = java;
    writeText = name: text: { outPath = "${folder}/${name}"; inherit text; };
  };

  # The value of each option: the user's, or the default. As nixpkgs does, refuses unknown names.
  valueOf = options: given:
    let unknown = filter' (name: !(options ? ${name})) (builtins.attrNames given);
    in
    if unknown != [ ] then throw "unknown options: ${toString unknown}"
    else builtins.mapAttrs
      (name: option:
        if option._type or "" == "option" then given.${name} or option.default
        else valueOf option (given.${name} or { }))
      options;
  filter' = builtins.filter;

  # Drops what a false mkIf has, and unwraps the others.
  unwrap = value:
    if !(builtins.isAttrs value) then value
    else if value._type or "" == "if" then unwrap value.content
    else builtins.mapAttrs (name: unwrap)
      (lib.filterAttrs (name: v: !(builtins.isAttrs v && v._type or "" == "if" && !v.condition)) value);

  config.services.narthex = valueOf evaluated.options.services.narthex values;
  evaluated = import module { inherit config lib pkgs; };
  result = unwrap evaluated.config;
  # What NixOS makes of a service: lists are repeated, and the environment is quoted.
  service = result.systemd.services.narthex;
  text = value: if builtins.isBool value then lib.boolToString value else toString value;
  line = name: value:
    if builtins.isList value then lib.concatStrings (map (line name) value)
    else "${name}=${text value}\n";
  lines = set: lib.concatStrings (lib.mapAttrsToList line set);
in
{
  unit = ''
    [Unit]
    Description=${service.description}
    Wants=${toString service.wants}
    After=${toString service.after}

    [Service]
  ''
  + lib.concatStrings
    (lib.mapAttrsToList (name: value: "Environment=\"${name}=${value}\"\n") service.environment)
  + lines service.serviceConfig;
  properties = config.services.narthex.configFile.text;
  others = lib.concatStringsSep " " (
    map toString (result.networking.firewall.allowedTCPPorts or [ ])
    ++ builtins.attrNames (result.services.nginx.virtualHosts or { })
  );
  failed = lib.concatMapStringsSep " " (a: a.message) (filter' (a: !a.assertion) result.assertions);
}
