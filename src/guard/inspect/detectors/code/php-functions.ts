import { words } from '../words.ts'

/** Functions of PHP that run, read, write, decode or tell, by name: facts of its manual. */
const DANGEROUS = new Set(
  words(`system exec shell_exec passthru popen proc_open pcntl_exec eval assert create_function call_user_func call_user_func_array
    base64_decode gzinflate gzuncompress gzdecode gzopen gzread gzfile readgzfile str_rot13 convert_uudecode unserialize phpinfo phpversion phpcredits php_uname php_sapi_name
    php_strip_whitespace show_source highlight_file highlight_string file_get_contents file_put_contents fopen fwrite fputs readfile fsockopen pfsockopen
        preg_replace_callback register_shutdown_function register_tick_function ob_start
    move_uploaded_file curl_exec curl_multi_exec parse_ini_file posix_mkfifo posix_getlogin posix_getpwuid posix_kill posix_setuid posix_ttyname posix_getpwnam
    ini_set ini_get ini_restore ini_alter dl putenv   getmyuid getmyinode getmypid getmygid get_current_user get_cfg_var disk_free_space diskfreespace get_defined_vars get_defined_functions
       uasort uksort array_walk array_reduce array_diff_uassoc array_udiff iterator_apply spl_autoload_register is_callable func_get_args
    bzdecompress bzopen hex2bin      var_export debug_zval_refcount sys_getloadavg
    opendir  scandir  fileperms filegroup fileowner           chmod chown chgrp chroot   tempnam tmpfile
     mb_send_mail error_log syslog openlog apache_setenv apache_child_terminate proc_nice proc_terminate proc_get_status proc_close pclose
     parse_str  header_remove session_start set_error_handler set_exception_handler stream_socket_client stream_get_contents stream_context_create
    mysql_query mysqli_query pg_query sqlite_query libxml_load simplexml_load_file simplexml_load_string domdocument exif_read_data exif_imagetype read_exif_data
    hash_file md5_file sha1_file       fpassthru ftp_connect ftp_get ftp_put ftp_nb_get ftp_nb_put gethostbyname gethostbynamel dns_get_record
     yaml_parse igbinary_unserialize msgpack_unpack wddx_deserialize`),
)

/** Functions of PHP whose names other languages have too, or that do no harm alone. */
const ORDINARY = new Set(
  words(`require include include_once require_once glob copy rename file unlink mkdir rmdir mail extract pack unpack strrev print_r var_dump md5 sha1 crc32 symlink link fgets fread readdir file_exists is_file is_dir is_readable is_writable array_map array_filter usort getenv json_decode setcookie getcwd
    chr ord pi crypt checkdate serialize strip_tags strlen substr strtolower strtoupper implode explode trim printf sprintf vprintf
    print echo isset empty define constant sleep usleep time date mktime strtotime rand mt_rand uniqid ucfirst ucwords nl2br htmlentities
    htmlspecialchars addslashes stripslashes urlencode urldecode rawurldecode rawurlencode hexdec dechex bindec octdec intval is_numeric is_array in_array
    count sizeof range compact reset end key current next prev list each array die exit phpinfo zend_version
    flush fflush feof fclose fseek ftell rewind ftruncate fputcsv fgetcsv fscanf filesize filemtime fileatime filectime filetype fileinode basename dirname realpath pathinfo stat lstat touch umask
    ctype_alpha levenshtein soundex metaphone similar_text lcg_value getrandmax checkdnsrr getmxrr getprotobyname getservbyname gethostname inet_pton ip2long long2ip
    ereg eregi split spliti assert_options ignore_user_abort set_time_limit connection_status version_compare gettype settype is_null is_object is_string is_int is_bool boolval floatval strval
    str_repeat str_replace str_pad str_split strcmp strstr stristr strpos strtr ucfirst wordwrap chunk_split`),
)

/** Beginnings that only PHP's extensions give their functions. */
const FAMILIES =
  /^(?:array|str|pg|ldap|odbc|tidy|zend|sodium|mysqli?|curl|posix|gzip|bz|openssl|mb|preg|ctype|date|iconv|image|ftp|ssh2|socket|stream|xml|xmlrpc|xmlwriter|proc|ob|session|spl|func|get|is|base64|hash|mcrypt|apache|sem|shm|shmop|msg|readline|sqlite|oci|ibase|db2|dba|dbase|cal|easter|enchant|ezmlm|fann|fdf|fbsql|gmp|gnupg|gettext|gupnp|ibm|imap|ingres|inotify|intl|iptc|java|kadm5|lchg|libxml|log|mailparse|maxdb|mhash|ming|mqseries|mssql|msql|ncurses|newt|nsapi|oauth|openal|output|parsekit|pcntl|pdf|php|ps|px|radius|recode|rrd|runkit|snmp|sqlsrv|stats|svn|sybase|syck|timezone|transliterator|udm|utf8|vpopmail|wddx|win32|xdiff|xhprof|yaz|yp|zip|zlib|bc|bcompiler|bind|class|collator|com|cyrus|debug|disk|dom|eio|event|expect|file|filter|forward|iterator|locale|mime|money|method|nl|numfmt|opcache|parse|password|property|pspell|quoted|quotemeta|random|register|restore|set|similar|simplexml|substr|sys|token|trader|trait|user|var|variant|version|finfo|fpm|frenchto|gd|grapheme|idn|inet|ini|json|jdto|juliantojd|lcg|levenshtein|link|mt|number|openlog)_[a-z0-9_]{2,44}$/

/** Beginnings above that are ordinary words of other languages' functions as well; they count only with PHP's own endings. */
const COMMON_FAMILY =
  /^(?:get|is|set|file|user|class|date|image|event|log|output|filter|method|number|property|random|register|restore|token|version|link|password|parse|json|debug|disk|expect|bind|java|pdf|str|array|hash|xml|com)_/
const COMMON_NAMES = new Set(
  words(`array_diff array_merge array_keys array_values array_push array_pop array_shift array_unique array_slice array_splice array_search array_flip array_fill array_rand array_sum array_chunk array_combine array_key_exists array_multisort
    date_add date_create date_default_timezone_get date_sun_info date_parse class_exists get_class get_object_vars get_class_methods get_headers get_html_translation_table get_include_path get_included_files get_loaded_extensions get_meta_tags get_resource_type get_browser
    image2wbmp image_type_to_mime_type is_a is_executable is_link is_subclass_of is_uploaded_file set_include_path set_magic_quotes_runtime set_socket_blocking file_exists user_error json_encode json_last_error parse_url
    xml_parser_create xml_parse xml_set_element_handler hash_algos hash_hmac hash_update com_load_typelib password_hash password_verify str_word_count str_shuffle str_getcsv debug_backtrace debug_print_backtrace log1p link_info method_exists property_exists number_format restore_error_handler token_get_all filter_var filter_input random_bytes random_int pdf_open_file`),
)

/** 2: runs, reads or decodes; 1: a function of PHP; 0: none known. `name` in lower case. */
export function isPhpFunction(name: string): 0 | 1 | 2 {
  if (DANGEROUS.has(name)) return 2
  if (ORDINARY.has(name) || COMMON_NAMES.has(name)) return 1
  return FAMILIES.test(name) && !COMMON_FAMILY.test(name) ? 1 : 0
}
