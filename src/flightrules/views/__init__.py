"""What a person may ask of a release. Pure reading: nothing here touches a service or decides anything."""
