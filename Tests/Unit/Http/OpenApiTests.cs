using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Cmud.Silo;
using Cmud.Silo.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Xunit;

namespace Cmud.Tests.Unit.Http;

/// <summary>The document of the HTTP gateway, against what the gateway does.</summary>
public sealed partial class OpenApiTests
{
    private static readonly JsonElement Document = Read();

    [Fact]
    public void It_is_a_valid_document_of_OpenAPI()
    {
        var read = OpenApiDocument.Parse(Document.GetRawText(), "json");

        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
    }

    /// <summary>HEAD goes with each GET, and is only said where a client has a reason to use it.</summary>
    [Fact]
    public async Task It_has_the_paths_that_are_answered_and_no_others()
    {
        await using var host = ServerHost.Build(new() { Http = 1, QueryGrains = 1 });
        var mapped = ((IEndpointRouteBuilder)host).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(static endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => $"{method} {CatchAll().Replace(endpoint.RoutePattern.RawText!, "{$1}")}"));

        var documented = Document.GetProperty("paths").EnumerateObject().SelectMany(static path => path.Value.EnumerateObject().Where(static operation => operation.Name != "parameters").Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        Assert.Equal(mapped.Where(static route => !route.StartsWith("HEAD", StringComparison.Ordinal)).Order(), documented.Where(static route => !route.StartsWith("HEAD", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Its_schemas_have_the_properties_that_are_read_and_written()
    {
        var json = HttpJson.Default;
        JsonTypeInfo[] types = [json.Problem, json.ListPage, json.ListEntry, json.BatchRequest, json.BatchOperation, json.BatchReply, json.FoundValue, json.WrittenStamp, json.Readiness, json.WatchText];
        var schemas = Document.GetProperty("components").GetProperty("schemas");

        Assert.Equal(types.Select(static type => type.Type.Name).Order(), schemas.EnumerateObject().Select(static schema => schema.Name).Order());
        foreach (var type in types)
        {
            var documented = schemas.GetProperty(type.Type.Name).GetProperty("properties").EnumerateObject().Select(static property => property.Name).Order();
            Assert.Equal(type.Properties.Where(static property => property.Get is not null).Select(static property => property.Name).Order(), documented);
        }
    }

    private static JsonElement Read()
    {
        using var stream = typeof(ServerHost).Assembly.GetManifestResourceStream("openapi.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"\{\*\*(\w+)\}")]
    private static partial Regex CatchAll();
}
