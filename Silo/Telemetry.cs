using Cmud.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Cmud.Silo;

/// <summary>Metrics for those who watch: at /metrics of the HTTP port in the text of Prometheus, and by OTLP to a collector.</summary>
internal static class Telemetry
{
    /// <summary>What variables of OpenTelemetry begin with; its own documentation says what there is.</summary>
    public const string Prefix = "OTEL_";

    /// <summary>Names the collector that metrics are sent to.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string ExportTimeout = "OTEL_EXPORTER_OTLP_TIMEOUT";

    /// <summary>Adds what exports metrics. A server that nobody asked for them has none of it, and measures nothing.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, ServerOptions options)
    {
        // The last figures leave as the server ends, which a collector that does not answer must not hold up beyond what is promised.
        var variables = options.Telemetry.ToDictionary(static pair => pair.Key, static pair => (string?)pair.Value);
        variables.TryAdd(ExportTimeout, "1000");
        builder.Configuration.AddInMemoryCollection(variables);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("cmud", serviceInstanceId: options.Name).AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(StoreMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
                if (options.Http is not null) metrics.AddPrometheusExporter();
                if (options.Collector is not null) metrics.AddOtlpExporter();
            });
    }
}
