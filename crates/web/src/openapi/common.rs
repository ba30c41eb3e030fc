//! Parameters that several routes have in common stand once in the document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The operations of a document, by path and method.
type Paths = BTreeMap<String, Map<String, Value>>;

/// Takes parameters that stand at several routes out of them and leaves references. Where several
/// have one name, the most frequent is taken.
pub fn parameters(paths: &mut Paths) -> BTreeMap<String, Value> {
    let mut counts: BTreeMap<(String, String), (u32, Value)> = BTreeMap::new();
    for parameter in each(paths) {
        let key = (name(parameter), parameter.to_string());
        let (count, _) = counts.entry(key).or_insert_with(|| (0, parameter.clone()));
        *count += 1;
    }
    let mut taken: BTreeMap<String, (u32, Value)> = BTreeMap::new();
    for ((name, _), (count, parameter)) in counts {
        let most = taken.get(&name).map_or(1, |(most, _)| *most);
        if count > most {
            taken.insert(name, (count, parameter));
        }
    }
    for parameter in each(paths) {
        let name = name(parameter);
        if taken.get(&name).is_some_and(|(_, own)| *own == *parameter) {
            *parameter = json!({"$ref": format!("#/components/parameters/{name}")});
        }
    }
    let taken = taken.into_iter();
    taken.map(|(name, (_, own))| (name, own)).collect()
}

fn each(paths: &mut Paths) -> impl Iterator<Item = &mut Value> {
    let operations = paths.values_mut().flat_map(|methods| methods.values_mut());
    operations
        .filter_map(|operation| operation.get_mut("parameters")?.as_array_mut())
        .flatten()
}

fn name(parameter: &Value) -> String {
    parameter["name"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_of_a_name_is_taken() {
        let paged = json!({"parameters": [{"name": "limit", "schema": {"maximum": 100}}]});
        let other = json!({"parameters": [{"name": "limit"}, {"name": "once"}]});
        let mut paths = Paths::new();
        for (path, operation) in [("/a", &other), ("/b", &paged), ("/c", &paged)] {
            let methods = Map::from_iter([("get".to_owned(), operation.clone())]);
            paths.insert(path.to_owned(), methods);
        }
        let taken = parameters(&mut paths);
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["limit"]);
        assert_eq!(taken["limit"], paged["parameters"][0]);
        let reference = json!([{"$ref": "#/components/parameters/limit"}]);
        assert_eq!(paths["/c"]["get"]["parameters"], reference);
        assert_eq!(paths["/a"]["get"], other);
    }
}
