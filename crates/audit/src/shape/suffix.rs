//! Suffixes that tell a host name from other names with dots.

/// How many labels a name must have, its suffix `last` included, to be taken for a host name.
///
/// Public top-level domains, and the ones that are common inside of companies and clusters. Two
/// labels are enough for those that mean nothing else. Three are wanted of those that are words,
/// environments, or extensions of files as well (`run.sh`, `config.dev`, `latency.us`), and four of
/// `id` and `so` (`service.instance.id`, `libc.musl.so`). Absent are those that end names of flags
/// (`promscrape.cluster.name`, `remoteWrite.aws.service`).
pub(super) fn labels_wanted(last: &[u8]) -> Option<usize> {
    let last = std::str::from_utf8(last).ok()?;
    Some(match last {
        // Generic domains.
        "com" | "net" | "org" | "gov" | "edu" | "mil" | "biz" | "xyz" | "tech" | "arpa"
        | "onion" | "io" | "ai" | "eu" | "co" | "tv" => 2,
        // Inside of companies and clusters.
        "local" | "localdomain" | "internal" | "intranet" | "intra" | "lan" | "corp" | "svc"
        | "consul" | "example" => 2,
        // Countries.
        "ae" | "ar" | "au" | "az" | "bg" | "br" | "ca" | "ch" | "cl" | "cn" | "cz" | "de"
        | "dk" | "ee" | "es" | "fi" | "fr" | "ge" | "gr" | "hk" | "hr" | "hu" | "ie" | "il"
        | "ir" | "jp" | "ke" | "kr" | "kz" | "lt" | "lu" | "lv" | "mx" | "nl" | "nz" | "pe"
        | "ph" | "pk" | "pt" | "ro" | "ru" | "sa" | "se" | "sg" | "si" | "sk" | "su" | "th"
        | "tr" | "tw" | "ua" | "uk" | "uz" | "vn" | "za" => 2,
        "рф" | "укр" | "бел" | "срб" | "қаз" | "бг" | "中国" | "中國" | "台灣" | "香港"
        | "한국" | "भारत" | "ไทย" => 2,
        "info" | "dev" | "app" | "cloud" | "online" | "site" | "store" | "shop" | "systems"
        | "network" | "services" | "host" | "hosting" | "zone" | "pro" | "live" | "group"
        | "global" | "digital" | "solutions" | "bank" | "page" | "link" | "space" | "int" => 3,
        "home" | "private" | "priv" | "domain" | "loc" | "pod" | "test" | "invalid" => 3,
        "ac" | "ad" | "af" | "ag" | "al" | "am" | "ao" | "aq" | "as" | "at" | "aw" | "ax"
        | "ba" | "bb" | "bd" | "be" | "bf" | "bh" | "bi" | "bj" | "bm" | "bn" | "bo" | "bs"
        | "bt" | "bw" | "by" | "bz" | "cc" | "cd" | "cf" | "cg" | "ci" | "ck" | "cm" | "cr"
        | "cu" | "cv" | "cw" | "cx" | "cy" | "dj" | "dm" | "do" | "dz" | "ec" | "eg" | "er"
        | "et" | "fj" | "fk" | "fm" | "fo" | "ga" | "gd" | "gf" | "gg" | "gh" | "gi" | "gl"
        | "gm" | "gn" | "gp" | "gq" | "gs" | "gt" | "gu" | "gw" | "gy" | "hm" | "hn" | "ht"
        | "im" | "in" | "iq" | "is" | "it" | "je" | "jm" | "jo" | "kg" | "kh" | "ki" | "km"
        | "kn" | "kp" | "kw" | "ky" | "la" | "lb" | "lc" | "li" | "lk" | "lr" | "ls" | "ly"
        | "ma" | "mc" | "md" | "me" | "mg" | "mh" | "mk" | "ml" | "mm" | "mn" | "mo" | "mp"
        | "mq" | "mr" | "ms" | "mt" | "mu" | "mv" | "mw" | "my" | "mz" | "na" | "nc" | "ne"
        | "nf" | "ng" | "ni" | "no" | "np" | "nr" | "nu" | "om" | "pa" | "pf" | "pg" | "pl"
        | "pm" | "pn" | "pr" | "ps" | "pw" | "py" | "qa" | "re" | "rs" | "rw" | "sb" | "sc"
        | "sd" | "sh" | "sl" | "sm" | "sn" | "sr" | "ss" | "st" | "sv" | "sx" | "sy" | "sz"
        | "tc" | "td" | "tf" | "tg" | "tj" | "tk" | "tl" | "tm" | "tn" | "to" | "tt" | "tz"
        | "ug" | "us" | "uy" | "va" | "vc" | "ve" | "vg" | "vi" | "vu" | "wf" | "ws" | "ye"
        | "yt" | "zm" | "zw" => 3,
        "id" | "so" => 4,
        _ => return None,
    })
}
