/**
 * Programs that a shell of Unix or Windows finds, by how likely the word is anything else. The names are facts of POSIX, GNU
 * coreutils, util-linux, the usual administration packages, and Windows' own command reference.
 */
import { wordTable } from '../word-table.ts'
import { words } from '../words.ts'

/** Nobody's word but a shell's. */
const RARE = words(`
  adduser addgroup ansible ansible-config ansible-doc ansible-galaxy ansible-inventory ansible-playbook ansible-vault apt-get aptitude
  arp arping awk base32 base64 bash blkid brctl bsdtar bunzip2 busybox bzcat bzdiff bzegrep bzfgrep bzgrep bzip2 c89 c99 capsh certbot chattr
  chef chef-client chef-run chef-shell chgrp chmod chown chpasswd chroot chsh cksum clang cobc cpio cpulimit crontab cscli csh csplit csvtool
  cupsfilter curl dash debugfs dhclient diff3 dig dmesg dmidecode dmsetup dnf dnsdomainname docker-compose dosbox dpkg dvips easy_install
  ebtables egrep esbuild ethtool etags fdisk ffmpeg fgrep finger fping gawk gcc gdb getcap getent getfacl getopt gimp git
  gnuplot gparted groupadd groupdel groupmod grep gtester gunzip gzip hexdump hostid hostnamectl htop httping iconv iftop ifconfig
  ifdown ifup ioping ip6tables iptables iptables-save ionice ispell jexec journalctl jjs jrunscript kubectl ksh ksshell lastb lastcomm lastlog
  lastlogin ld.so ldconfig ldd lesspipe lftp lftpget locale-gen logrotate losetup lp lpr lsattr lsb_release lsblk lscpu lshw lsmod lsns lsof lspci lsusb
  ltrace lua luajit lwp-download lwp-request lxc lynx lzcat lzcmp lzdiff lzgrep lzma lzmore mawk md5sum mkdir mkfifo mknod mktemp mlocate modprobe mpstat
  mtr mysql mysqladmin mysqldump nano nasm nawk nc nc.openbsd nc.traditional ncat netcat netplan netstat newgrp nft nl nmap nohup npm npx
  nslookup nsenter ntpdate objdump openssl openvpn passwd pdflatex pdksh perl perl5 pftp pgrep php php5 php7 php8 php-cgi phar pico pidof
  pidstat ping6 pip pip2 pip3 pkexec pkill pkginfo printenv printf procmail psed psftp psql puppet pwd pwgen py python python2 python3 python3.10 python3.11 rbash
  realpath redis-cli renice rlogin rlwrap rmdir rmt rmt-dump rmt-tar rmuser rnano rpm rpmkeys rpmquery rpmverify rsh rsync rvim sash scp screen.real sdiff
  sed sendmail setarch setcap setenv setfacl setfattr setsid sftp sha1sum sha256sum sha512sum shred shuf smbclient smbget snice socat ssh ssh-keygen ssh-keyscan
  sshpass sshfs stdbuf strace start-stop-daemon stty su sudo sudoedit svn symlink sysctl systemctl systemd-resolve tac tailf taskset tcpdump tcping tclsh tcsh
  tee telnet terraform tftp tmux traceroute traceroute6 tshark tset tput tty ulimit unlzma uname uncompress unexpand uniq unlink unlz4 unrar
  unxz unzip unzstd updatedb uptime useradd userdel usermod uudecode uuencode uuidgen valgrind vdir vigr vipw vimdiff virsh visudo vlock vmstat
  w3m wget whereis whoami whois wc wish xargs xelatex xetex xmodmap xmore xpad xterm xxd xz xzcat xzcmp xzdiff xzegrep xzgrep xzless xzmore yum
  zcat zcmp zdiff zegrep zfgrep zgrep zless zmore zrun zsh zsoelim zstd zstdcat zstdgrep zstdless zstdmt zypper jq yq pkg apk brew vim vimdiff emacs rustc cargo
  gcc-12 mawk ifstat iostat nethogs lsipc lslogins lsmem mkpasswd getconf dnsmasq bpftrace bridge busctl c-client cowsay crash
  appcmd arp.exe at.exe attrib auditpol bcdboot bcdedit bitsadmin cacls certreq certutil chkdsk cipher cmd cmdkey cmstp comp.exe control.exe
  csc cscript cscript.exe csvde diskpart diskshadow driverquery dsacls dsget dsquery esentutl eventcreate extrac32 fodhelper forfiles fsutil ftype gpresult
  gpupdate hh icacls iexpress ieexec ilasm infdefaultinstall installutil ipconfig jsc ldifde lodctr logoff makecab manage-bde mavinject
  mklink mmc mpcmdrun msbuild msconfig msdt mshta msiexec msinfo32 mstsc nbtstat netdom netsh nltest ntdsutil odbcconf
  openfiles pathping pcalua pcwrun perfmon pnputil powercfg powershell powershell_ise presentationhost psexec psloggedon pwsh qprocess query.exe
  rasdial reagentc regasm regedit regedt32 regini register-cimprovider regsvcs regsvr32 robocopy route.exe rundll32 runas
  schtasks scrcons secedit setx sfc slmgr sysinfo systeminfo takeown taskkill tasklist tracerpt tracert typeperf tzutil vssadmin vssuirun w32tm waitfor.exe wbadmin
  wecutil wevtutil winrm winrs wmic wscript wsl wusa xcacls xcopy del rd ren erase icmp iwr iwmi irm iex sysprep quser lsass
`)

/** A word of a language too, or short enough to be part of one. */
const COMMON = words(`
  id ls ps cat sh env df du ip ss vi ex cp mv rm dd ln tr bc ed ar cc ld od pr rc ll la dir echo set type awk tar zip
  who w top time sleep ping find kill date cal man file head tail less more most sort cut split join look expand fold comm host hostname
  watch wall write yes true false test link jobs nice wait which last at cd ftp make man mail mount umount mesg talk service start stop
  net net1 reg sc ver vol move copy print help cls call color title start assoc path prompt pushd popd shift rem msg more sort time where choice label
  exec eval source alias unalias read trap history bg fg hash bind builtin command dirs popd shopt logout function declare
  ruby node deno bun go java javac dotnet perl jshell irb gem rake bundle composer docker podman helm vagrant
  apt snap flatpak dnf pacman emerge port brew screen dialog group groups users passwd finger pstree
  free arch base batch clear cmp column diff dump enable env factor flock fmt gcore gem grc install install.exe loginctl lsof
  patch paste perf pic pg puppet pry readelf restic rev rpm rview script setlock slsh soelim sqlite3 strings sync tbl
  tex timeout tic troff ul unset unshare vigr view watch whiptail wireshark xdg-open xdotool zip zsoelim split sum tree ts seq
  aria2c ash axel fetch get nginx apache2 httpd mutt kexec psad ipcs ipcrm ulimit nproc lpstat pwdx printf
  mem mode compact expand format fc find findstr comp recover replace subst tree verify exit goto for if ntsd hostname logman
`)

/** Words that stand before the command they run. */
const WRAPPERS = words(
  'time nohup strace ltrace sudo env exec nice ionice xargs watch timeout busybox command builtin setsid flock stdbuf doas chroot eval then do else start call unbuffer',
)

/** So plain that alone after a separator they are prose. */
const PLAIN = new Set(
  words(`who time top more less most last find sort cut split join look expand fold comm host watch wall write yes true false test link jobs
  nice wait which at man file head tail mail make date cal talk service start stop set type print help call color title path move copy
  group groups users free arch base batch clear column dump enable factor patch paste script sync view tree get fetch if for go java
  read trap history function source port screen import install replace format mode compact recover verify exit label choice
  rem ver vol eval exec alias hash as port bind command help logout message msg where prompt shift hostname net reg ruby node kill sleep echo cat
  make mount install finger passwd dash screen factor control less rev sum helm bundle composer docker function unlink puppet chef crash pip fetch
  w ed ar ex la ll pr bc go do ip du ts hh tee git ren curl query nano lua wish comp finger perl python php node npm awk mysql ssh`),
)

const RANK = new Map<string, number>()
for (const word of COMMON) RANK.set(word, 1)
for (const word of RARE) RANK.set(word, 2)

/** Longest name of a command above, with what Windows appends. */
const NAME_MAX = 24
/** First two letters and length of all names: what is not in here need not be looked up. */
const SHAPES = new Uint8Array(1 << 15)
for (const name of RANK.keys()) {
  const units = Array.from(name, (char) => char.charCodeAt(0))
  for (const more of [0, 4]) SHAPES[shapeOf(units, 0, name.length + more)] = 1
}

function shapeOf(units: ArrayLike<number>, start: number, end: number): number {
  const second = end - start > 1 ? units[start + 1]! & 31 : 0
  return ((units[start]! & 31) << 10) | (second << 5) | Math.min(31, end - start)
}

/** Whether the word from `start` to `end` can be a command at all, in whatever letters; cheap, and right when it says no. */
export function mayBeCommand(units: Uint16Array, start: number, end: number): boolean {
  return end > start && end - start <= NAME_MAX && SHAPES[shapeOf(units, start, end)] === 1
}

const TABLE = wordTable(RANK)

/** `commandRank` of the word from `start` to `end` of `lower`, whose hash is `hash` (see `rolled`): cuts nothing out of it. */
export function commandRankAt(hash: number, lower: string, start: number, end: number): 0 | 1 | 2 {
  return TABLE.find(hash, lower, start, end) as 0 | 1 | 2
}

/** 2: nobody's word but a shell's; 1: a word of a language too; 0: no command known. `name` in lower case, without path. */
export function commandRank(name: string): 0 | 1 | 2 {
  return (RANK.get(name) ?? 0) as 0 | 1 | 2
}

export function isPlainWord(name: string): boolean {
  return PLAIN.has(name)
}

const WRAPPER_SET = new Set(WRAPPERS)
export function isWrapper(name: string): boolean {
  return WRAPPER_SET.has(name)
}
