//! `vmgather convert`: a bundle in the other format.

use gather::convert::{ConvertError, Converted, convert_bundle};
use indicatif::{HumanBytes, HumanCount};

use crate::cli::{BundleFormat, ConvertArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;

pub(crate) fn run(args: &ConvertArgs) -> Result<Exit, Failure> {
    let out = &args.out;
    if out.extension().is_none_or(|ending| ending != "zip") {
        return Err(Failure::usage(format!(
            "`-o {}` must end in .zip",
            out.display()
        )));
    }
    if out.symlink_metadata().is_ok() {
        return Err(
            Failure::usage(format!("`{}` exists already", out.display()))
                .hint("an existing file is never overwritten; choose another name"),
        );
    }
    let converted = convert_bundle(&args.bundle, out, args.format.into()).map_err(|error| {
        let exit = match error {
            ConvertError::SameFormat { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        Failure::from_error(exit, &error).maybe_hint(hint(&error).map(str::to_owned))
    })?;
    printer::stderr(&said(&converted, args));
    Ok(Exit::Done)
}

fn hint(error: &ConvertError) -> Option<&'static str> {
    match error {
        ConvertError::OtherData { .. } => {
            Some("`vmgather verify` tells what differs; get the bundle again from where it comes")
        }
        ConvertError::Read {
            source: bundle::Error::NotAnArchive { .. },
            ..
        } => Some("`convert` takes a bundle; lines without one are imported as they are"),
        _ => None,
    }
}

fn said(converted: &Converted, args: &ConvertArgs) -> String {
    let unit = match args.format {
        BundleFormat::Jsonl => "lines",
        BundleFormat::Native => "blocks",
    };
    let mut text = format!(
        "wrote {} ({}) with {} samples in {} {unit}\nsha256 {}\n",
        args.out.display(),
        HumanBytes(converted.sealed.size_bytes),
        HumanCount(converted.samples),
        HumanCount(converted.lines),
        converted.sealed.sha256
    );
    if converted.stale_markers > 0 && args.format == BundleFormat::Jsonl {
        text += &format!(
            "{} stale markers are `null` in there, which servers do not store; native blocks keep \
             them\n",
            HumanCount(converted.stale_markers)
        );
    }
    text
}
