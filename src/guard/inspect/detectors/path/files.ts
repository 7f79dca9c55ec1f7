/**
 * Files of a system or an application that no visitor asks for, by family. The names are facts of the systems they belong to:
 * the Filesystem Hierarchy Standard, the layouts of Windows, Apache, nginx, PHP, MySQL and Tomcat, and what tools leave behind.
 */

/** Longest path looked at: the tail of a longer one. */
const PATH_MAX = 512

/** Everything that some reader takes for a separator: slashes, their look-alikes, and what is left of a broken encoding. */
const SEPARATORS =
  /[\\/\u2044\u2215\u2216\u29f5\uff0f\uff3c]|\p{Cc}|0x2f|0x5c|%2f|%5c|%[0-9a-z]%[0-9a-z]|%[a-z0-9]{2}|\ufffd/gu
/** Quotes, escapes and globs that a shell would take out. */
const GLOBS = /['"`*?[\]^]/g
const DOTS = /^[.\s\u2024\uff0e%]+$/

/** A path as a file system would take it: lower case, `/` between segments, no empty, `.` or `..` segments, cut at NUL, `?`, `#`, `;`. */
export function canonical(path: string): string {
  const tail = path.length > PATH_MAX ? path.slice(-PATH_MAX) : path
  const cut = tail.search(/\0|[#;]/)
  return (cut < 0 ? tail : tail.slice(0, cut))
    .toLowerCase()
    .replaceAll(SEPARATORS, '/')
    .replaceAll(GLOBS, '')
    .split('/')
    .filter((segment) => segment !== '' && !DOTS.test(segment))
    .join('/')
    .trim()
}

/** Files whose content is the prize, wherever they stand. */
const SECRET_FILES = [
  /(?:^|\/)etc\/(?:(?:master\.|g|p)?(?:passwd|shadow)[-~.a-z0-9]*|sudoers|group|hosts|issue|fstab|crontab|sub[ug]id-?|security\/|ssh\/|ssl\/)/,
  /(?:^|\/)proc\/(?:self|\d+|version|cmdline|environ|mounts|net|sys|cpuinfo|meminfo|kallsyms|interrupts)(?:\/|$)/,
  /(?:^|\/)(?:windows|winnt)\/(?:system32|system|syswow64|repair|panther|debug|win\.ini|system\.ini|php\.ini|my\.ini|explorer\.exe)/,
  /(?:^|\/)(?:boot\.ini|win\.ini|ntuser\.dat|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.pub)?|global\.asax?|web\.config|tomcat-users\.xml|unattend(?:ed)?\.xml|sysprep\.(?:xml|inf))$/,
  /(?:^|\/)\.(?:ssh|aws|docker|kube|gnupg|azure|git|svn|hg)\//,
  /(?:^|\/)\.(?:(?:bash|zsh|sh|mysql|psql|python|rediscli)?_?history|bash_profile|bashrc|netrc|pgpass|htpasswd|htaccess|my\.cnf|npmrc|pypirc|boto|s3cfg|git-credentials|dockercfg|vault-token|env(?:\.[a-z0-9_.-]+)?)$/,
  /(?:^|\/)(?:web-inf|meta-inf)\//,
  /(?:^|\/)wp-config[.-]/,
  /(?:^|\/)(?:backup|dump|database)\.(?:sql|tar|tgz|zip|gz|bak)[a-z0-9.]*$/,
]

/** Where a system keeps its own files. */
const SYSTEM_FILES = [
  /^(?:private\/|volumes\/[^/]+\/|chroot\/)?(?:etc|proc|sys|root|boot)\/./,
  /^(?:private\/|volumes\/[^/]+\/|chroot\/)?dev\/(?:tcp|udp|mem|kmem|shm|fd)/,
  /^(?:private\/|volumes\/[^/]+\/|chroot\/)?var\/(?:log|adm|lib|mail|spool|run|named|saf|cron|db|cpanel|backups?|webmin|apache2?|nginx|mysql|postgresql|local|account|www|tmp|[a-z]{2,12}\/logs?)(?:\/|$)/,
  /^(?:volumes\/[^/]+\/)?usr\/(?:etc|pkg|lib|libexec|home|ports|share|spool|sbin|internet|apache2?|local\/[a-z0-9_.-]+)\/./,
  /^(?:volumes\/[^/]+\/)?opt\/[a-z0-9_.-]+\/(?:conf|etc|logs?|bin|var|phpmyadmin)\//,
  /^(?:library\/webserver|system volume information|logs?|apache[\d.]*|httpd|[xlw]amp(?:p|64)?|mysql\/(?:data|bin)|www\/(?:conf|logs?))(?:\/|$)/,
  /^(?:home2?|users)\/[^/]+\/\./,
  /^bin\/[a-z0-9_.-]+$/,
  /(?:^|\/)(?:httpd|nginx|apache2?|php|my|vsftpd|proftpd|pure-ftpd|lighttpd|sshd_config)\.(?:conf|ini|cnf)[a-z0-9.-]*$/,
  /(?:^|\/)(?:access|error|acces|errors|mysql|suexec|ssl_engine)[-_.](?:log|err)s?$/,
  /^(?:%?(?:systemroot|windir|systemdrive)%|[a-z]:)\/?(?:windows|winnt|boot\.ini|autoexec\.bat|config\.sys|pagefile\.sys|inetpub|[xlw]amp|apache|php|mysql|nginx|tomcat|sysprep|log|system32|recycler|oracle|system volume information)/,
  /^[a-z]:\/(?:program ?files(?: \(x86\)|~\d)?|progra~\d)\/(?:apache|mysql|php|xampp|nginx|tomcat|filezilla|vmware|[^/]+\/(?:conf|logs?|data|etc)\/)/,
  /^[a-z]:\/(?:users|documents and settings)\/[^/]+\/(?:ntuser|appdata|application data|cookies|\.ssh|\.aws)/,
]

/** Left by people and tools where a web server would serve it. */
const PROBED_FILES = [
  /(?:^|\/)\.(?:git|svn|hg|bzr|env|aws|ssh|docker|kube|npmrc|yarnrc|ht(?:access|passwd)|ds_store|idea|vscode|gnupg|subversion|azure|vault-token|netrc|pgpass|boto|s3cfg|dockerenv|dockercfg|dockerignore|viminfo|bashrc|profile|my\.cnf|pypirc|travis\.yml|gitlab-ci\.yml|circleci|terraform)(?:$|[/._-])/,
  /(?:^|\/)\.(?:git(?:config|ignore|modules|attributes|-credentials|hub)|(?:bash|zsh|sh|mysql|psql|python|rediscli)?_?history|buildpath|project|settings|composer|config)(?:$|\/)/,
  // What assistants for programmers keep beside the sources: rules, servers and keys.
  /(?:^|\/)\.(?:cursor|continue|roo|zed|kiro|rovodev|codex|a0proj|n8n|claude|gemini|windsurf|aider|copilot|cline|amazonq|junie|qwen|trae)[a-z.-]*(?:$|\/)/,
  /(?:^|\/)\.(?:ai|cursor|codeium|claude|gemini|roo|aider)(?:ignore|rules|indexingignore)$/,
  /(?:^|\/)(?:web-inf|meta-inf)\//,
  /(?:^|\/)wp-config[.-]/,
  /(?:^|\/)wp-content\/(?:debug|errors?)\.log$/,
  /(?:^|\/)(?:phpinfo|adminer)\.php$/,
  /(?:^|\/)(?:backup|dump|database|db|site|www)\.(?:sql|tar|tgz|zip|gz|bak|rar|7z)[a-z0-9.]*$/,
  /\.(?:php|jsp|aspx?|conf|config|ini|env|yml|yaml|py|rb|sql)(?:\.(?:bak|old|orig|save|sw[op]|tmp|copy|backup)|~)$/,
  /\.(?:bak|sw[op]|old|db|rdb|sql|mdb|sqlite3?|dbf|sdf|p12|pfx|jks|keystore|backup)$/,
  /(?:^|\/)(?:privkey|server|private|ssl|id)[\w.-]{0,32}\.(?:pem|key)$|\/letsencrypt\/live\//,
  /(?:^|\/)(?:server-(?:status|info)|trace\.axd|elmah\.axd|web\.config|__x00__|id_(?:rsa|dsa|ed25519))$/,
  /(?:^|\/)(?:proc\/[a-z]|sys\/(?:class|kernel|devices|module)|etc\/(?:passwd|shadow|hosts|group))/,
]

/** A canonical path names a file whose reading is the attack. */
export function isSecretFile(path: string): boolean {
  return SECRET_FILES.some((family) => family.test(path))
}

/** A canonical path leads where a system keeps its own: an attack where the value is that path and nothing else. */
export function isSystemFile(path: string): boolean {
  return isSecretFile(path) || SYSTEM_FILES.some((family) => family.test(path))
}

/** A canonical request path is one that only a prober asks a web server for. */
export function isProbedFile(path: string): boolean {
  return PROBED_FILES.some((family) => family.test(path))
}
