//! Croissant 1.1: the same contents as JSON-LD, with what is known of RAI 1.0.

use serde_json::{Map, Value as Json, json};
use table::error::{listed, quoted};
use table::{Error, schema::Kind};

use super::{Contents, Description, Licence};

/// The fields of the vocabulary of responsible AI, version 1.0.
pub const RAI: &[&str] = &[
    "dataCollection",
    "dataCollectionType",
    "dataCollectionMissingData",
    "dataCollectionRawData",
    "dataCollectionTimeframe",
    "dataImputationProtocol",
    "dataManipulationProtocol",
    "dataPreprocessingProtocol",
    "dataAnnotationProtocol",
    "dataAnnotationPlatform",
    "dataAnnotationAnalysis",
    "annotationsPerItem",
    "annotatorDemographics",
    "machineAnnotationTools",
    "dataReleaseMaintenancePlan",
    "personalSensitiveInformation",
    "dataSocialImpact",
    "dataBiases",
    "dataLimitations",
    "dataUseCases",
];

/// Terms that the format has under their own name in its vocabulary, `cr:`.
const TERMS: &[&str] = &[
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
];

/// The metadata of a folder of shards.
///
/// # Errors
/// A field in [`Description::rai`] that the vocabulary lacks.
pub fn croissant(description: &Description, contents: &Contents<'_>) -> Result<Json, Error> {
    let mut root = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": description.name,
        "alternateName": description.title,
        "description": description.text,
        "license": match &description.licence {
            Licence::Spdx(id) => format!("https://spdx.org/licenses/{id}.html"),
            Licence::Other { link, .. } => link.clone(),
        },
        "version": description.version,
        "isLiveDataset": false,
        "keywords": description.tags,
        "inLanguage": description.languages,
        "distribution": distribution(contents),
        "recordSet": [record_set(contents)],
    });
    let optional = [
        ("url", description.url.as_ref()),
        ("datePublished", description.published.as_ref()),
        ("citeAs", description.cite_as.as_ref()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            root[name] = json!(value);
        }
    }
    if let Some(creator) = &description.creator {
        root["creator"] = json!({ "@type": "sc:Organization", "name": creator });
    }
    for (field, value) in &description.rai {
        if !RAI.contains(&field.as_str()) {
            let what = format!("there is no field {} in RAI 1.0", quoted(field));
            let hint = format!("there are {}", listed(RAI.iter().copied()));
            return Err(Error::invalid("write the metadata", &what, &hint));
        }
        let place = &mut root[format!("rai:{field}")];
        *place = match place.take() {
            Json::Null => json!(value),
            Json::Array(mut values) => {
                values.push(json!(value));
                Json::Array(values)
            }
            one => json!([one, value]),
        };
    }
    Ok(root)
}

/// What the names in the metadata stand for: the `@context` of Croissant 1.1.
pub fn context() -> Json {
    let mut context = json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "name": { "@container": "@language" },
        "description": { "@container": "@language" },
    });
    for term in TERMS {
        context[*term] = json!(format!("cr:{term}"));
    }
    context
}

fn distribution(contents: &Contents<'_>) -> Json {
    let mut files: Vec<Json> = (contents.files.iter())
        .map(|file| {
            json!({
                "@type": "cr:FileObject",
                "@id": file.path,
                "name": file.path,
                "contentUrl": file.path,
                "contentSize": format!("{} B", file.bytes),
                "encodingFormat": "application/x-parquet",
                "sha256": file.sha256,
            })
        })
        .collect();
    if files.len() > 1 {
        files.push(json!({
            "@type": "cr:FileSet",
            "@id": "shards",
            "name": "shards",
            "encodingFormat": "application/x-parquet",
            "includes": "data/train-*.parquet",
        }));
    }
    Json::Array(files)
}

/// A name as a part of an identifier: what is no letter, digit, `_`, `-` or `.` is percent-encoded.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn record_set(contents: &Contents<'_>) -> Json {
    let source = match contents.files {
        [one] => json!({ "fileObject": { "@id": one.path } }),
        _ => json!({ "fileSet": { "@id": "shards" } }),
    };
    let fields = contents.schema.fields().iter().map(|(name, kind)| {
        let mut source: Map<String, Json> = source.as_object().cloned().unwrap_or_default();
        source.insert("extract".to_owned(), json!({ "column": name }));
        json!({
            "@type": "cr:Field",
            "@id": format!("rows/{}", escaped(name)),
            "name": name,
            "dataType": match kind {
                Kind::Boolean => "sc:Boolean",
                Kind::Integer => "sc:Integer",
                Kind::Real => "sc:Float",
                Kind::Text => "sc:Text",
            },
            "source": source,
        })
    });
    json!({
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "field": fields.collect::<Vec<_>>(),
    })
}
