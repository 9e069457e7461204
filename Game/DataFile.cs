using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cmud.Game;

/// <summary>Reads the tables that come with the game. They are data, so that a world is changed without a compiler; and checked, so that a slip is found at the start.</summary>
internal static class DataFile
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The text of a table that comes with the game.</summary>
    public static string Embedded(string name)
    {
        using var stream = typeof(DataFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"{name} is not part of this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a table of a known shape.</summary>
    /// <exception cref="InvalidDataException">The text is no JSON of that shape.</exception>
    public static T Read<T>(string name, string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict) ?? throw new InvalidDataException($"{name} is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name} does not read: {e.Message}", e);
        }
    }

    /// <summary>Goes on if there are no faults.</summary>
    /// <exception cref="InvalidDataException">There are: one sentence for each.</exception>
    public static void Demand(string name, IReadOnlyCollection<string> faults)
    {
        if (faults.Count > 0) throw new InvalidDataException($"{name}: {string.Join(" ", faults)}");
    }
}
